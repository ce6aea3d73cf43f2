-- Readings of all gateways, and what is known of gateways and meters. May be run again.
create table if not exists readings (
    time timestamptz not null,       -- of the last byte that came from the meter
    portal text not null,
    serial text not null,
    run text not null,               -- of the queue on the gateway: another one after its state directory was lost
    seq bigint not null,
    state text not null,             -- live or lost
    members jsonb not null,          -- the rest of the message: role, instance, quantities by name
    primary key (portal, serial, run, seq, time)
) partition by range (time);
create index if not exists readings_in_order on readings (portal, serial, time, run, seq);

create table if not exists gateways (
    portal text primary key,
    last_seen timestamptz not null,  -- any message, by the clock of the collector
    status text,                     -- of its health: ok, degraded, down
    version text,
    queued bigint,                   -- points that waited on the gateway when it last told
    health jsonb,
    info jsonb
);

create table if not exists meters (
    portal text not null,
    serial text not null,
    time timestamptz not null,       -- of the newest reading
    state text not null,
    members jsonb not null,
    primary key (portal, serial)
);

create table if not exists findings (
    portal text not null,
    code text not null,
    meter text not null,             -- serial number; empty: the gateway itself
    severity text not null,
    text text not null,
    since timestamptz,
    primary key (portal, code, meter)
);

-- What is no message of a gateway: looked at by people, never dropped.
create table if not exists rejected (
    received timestamptz not null default now(),
    routing_key text not null,
    reason text not null,
    payload bytea not null
);
