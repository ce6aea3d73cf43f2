// Energy netted over the phases, as Germany bills it: of the total power and time, beside the meter's own
// counters, which may count each phase by itself. Pure.
#pragma once

#include "drivers/waist/reading.hpp"

#include <chrono>
#include <optional>

namespace gridbridge {

// The balance of a meter, import less export, is the same whether it nets the phases or not. So its own
// counters tell what was exchanged while nobody looked, and keep the sum from drifting away; only how much of
// it went to and fro is taken from the power. All energies in kWh.
class NettedEnergy {
  public:
    // Between two readings; over longer times the power says nothing.
    static constexpr std::chrono::seconds longest_gap{15};

    // What must survive a restart.
    struct Kept {
        double forward = 0, reverse = 0;           // counted until then
        double told_forward = 0, told_reverse = 0; // the highest that may have been told before
        double own_forward = 0, own_reverse = 0;   // the meter's own counters then
        double offset = 0;                         // its own balance less the one counted here
        double step = coarsest_step;               // of its own counters
        bool is_final = false; // nothing was told after it, if the run that kept it ended in order
        bool operator==(const Kept&) const = default;
        void scale(double factor); // what it would be behind other transformers
    };

    // `kept`: of an earlier run. Where more may have been told than was kept, nothing is told until that is
    // exceeded for certain.
    explicit NettedEnergy(const std::optional<Kept>& kept = {}) : kept_(kept) {}

    // Counts, and adds EnergyNettingForward and EnergyNettingReverse: nothing before the first reading with
    // both own counters, and after a pause until these are back.
    void apply(Reading& reading);
    // A counter was confirmed that goes on from another value: nothing flows between a higher and a lower
    // one.
    void own_exchanged(Quantity quantity, double before, double after);

    bool has_begun() const { return begun_; } // with the first reading that has both own counters
    // Nothing before the begin, unless of an earlier run.
    std::optional<Kept> kept() const;

  private:
    static constexpr double coarsest_step = 1; // of counters of households

    struct Flow {
        double forward = 0, reverse = 0;
    };
    struct Own {
        double forward, reverse;
        double balance() const { return forward - reverse; }
    };

    std::optional<Flow> flow(const Reading& reading);
    void begin(const Own& own);
    void see_step(const Own& own);
    double ahead(const Own& own) const; // of what was counted here
    double slack() const;
    void fill_gap(const Own& own);
    void follow(Flow& flow, const Own& own);
    void tell(Reading& reading);

    std::optional<Kept> kept_; // of an earlier run, until begin()
    bool begun_ = false;
    bool gap_ = true; // something may have flowed that was not counted yet
    Kept now_;
    double flowed_ = 0; // either way, since the offset was found
    std::optional<double> watts_;
    Clock::time_point at_{};
};

} // namespace gridbridge
