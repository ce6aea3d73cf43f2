'use strict';
// Curves of api/history with dygraphs.

(() => {
  const $ = (id) => document.getElementById(id);
  let graph = null;
  let timer = 0;
  let asked = 0; // number of the newest request: older answers are not shown
  // Readable on the paper of style.css.
  const shades = {
    light: {power: ['#9a3f00'], phases: ['#8a4b08', '#57606a', '#0b57a4'], voltage: ['#8a4b08', '#57606a', '#0b57a4'], energy: ['#b3261e', '#1a6b35'], axis: '#57606a', grid: '#d8dee4'},
    dark: {power: ['#ffb86b'], phases: ['#f0b849', '#b1bac4', '#79b8ff'], voltage: ['#f0b849', '#b1bac4', '#79b8ff'], energy: ['#ff9a90', '#6fdd8b'], axis: '#9da7b1', grid: '#30363d'},
  };
  function colours() { return matchMedia('(prefers-color-scheme: dark)').matches ? shades.dark : shades.light; }
  const names = {power: 'power', power_l1: 'L1', power_l2: 'L2', power_l3: 'L3', voltage_l1: 'L1', voltage_l2: 'L2', voltage_l3: 'L3', import_kwh: 'imported', export_kwh: 'exported'};
  const columnsOf = {power: ['power'], phases: ['power_l1', 'power_l2', 'power_l3'], voltage: ['voltage_l1', 'voltage_l2', 'voltage_l3']};

  function isEnergy(kind) { return ['quarter', 'hour', 'day'].includes(kind); }

  // Two bars side by side per period.
  function bars(e) {
    if (e.seriesIndex !== 0) return;
    const context = e.drawingContext;
    const zero = e.dygraph.toDomYCoord(0);
    const points = e.allSeriesPoints;
    let gap = Infinity;
    for (let i = 1; i < points[0].length; i++) gap = Math.min(gap, points[0][i].canvasx - points[0][i - 1].canvasx);
    const width = Math.max(1, Math.min(30, (Number.isFinite(gap) ? gap : 30) * 0.4));
    points.forEach((series, s) => {
      context.fillStyle = colours().energy[s];
      for (const point of series) if (!Number.isNaN(point.canvasy)) context.fillRect(point.canvasx + s * width - width, Math.min(point.canvasy, zero), width, Math.abs(zero - point.canvasy));
    });
  }

  function rowsOf(history, kind) {
    const at = (name) => history.columns.indexOf(name);
    if (isEnergy(kind)) return history.rows.map((r) => [new Date(r[0] * 1000), r[at('import_kwh')], r[at('export_kwh')]]);
    const wanted = columnsOf[kind];
    const banded = history.resolution !== 'recent';
    return history.rows.map((r) => [new Date(r[0] * 1000), ...wanted.map((name) => {
      const mean = r[at(name)];
      if (!banded) return mean;
      return mean === null ? [null, null, null] : [r[at(name + '_min')], mean, r[at(name + '_max')]];
    })]);
  }

  function draw(history, kind) {
    const rows = rowsOf(history, kind);
    const energy = isEnergy(kind);
    const wanted = energy ? ['import_kwh', 'export_kwh'] : columnsOf[kind];
    const some = rows.some((r) => r.slice(1).some((v) => v !== null && !(Array.isArray(v) && v[1] === null)));
    $('curve-text').textContent = some ? '' : 'Nothing was recorded in this time yet.';
    const shade = colours();
    const unit = energy ? 'kWh' : kind === 'voltage' ? 'V' : 'W';
    const options = {
      labels: ['time', ...wanted.map((c) => names[c])], colors: energy ? shade.energy : shade[kind],
      customBars: !energy && history.resolution !== 'recent', connectSeparatedPoints: false, fillAlpha: 0.25,
      labelsDiv: $('curve-legend'), legend: 'always', strokeWidth: 1.5, axisLineColor: shade.axis, gridLineColor: shade.grid,
      ylabel: unit, includeZero: kind !== 'voltage', highlightCircleSize: 3,
      axes: {y: {axisLabelWidth: 56, valueFormatter: (v) => v === null ? '–' : v.toFixed(energy ? 3 : kind === 'voltage' ? 1 : 0) + ' ' + unit}},
    };
    if (energy) options.plotter = bars;
    if (rows.length === 0) { if (graph) { graph.destroy(); graph = null; } return; }
    if (graph) graph.destroy();
    graph = new Dygraph($('curve'), rows, options);
    $('curve').dygraph = graph; // for who looks from outside
  }

  function resolution(kind, seconds) {
    return isEnergy(kind) ? kind : seconds <= 600 ? 'recent' : 'minute';
  }

  async function load() {
    clearTimeout(timer);
    const meter = $('curve-meter').value;
    if (!meter || $('curves').hidden) return;
    const kind = $('curve-kind').value;
    const seconds = Number($('curve-range').value);
    const to = Math.floor(Date.now() / 1000);
    const mine = ++asked;
    try {
      const answer = await fetch('api/history?' + new URLSearchParams({meter, resolution: resolution(kind, seconds), from: to - seconds, to: to + 1}));
      const body = await answer.json();
      if (mine !== asked) return;
      const zoomed = graph && graph.isZoomed();
      if (!answer.ok) $('curve-text').textContent = body.error;
      else if (!zoomed) draw(body, kind);
    } catch (error) { $('curve-text').textContent = 'no answer: ' + error.message; }
    timer = setTimeout(load, seconds <= 600 ? 2000 : 60000);
  }

  function fillMeters() {
    const list = [...meters.values()].map((e) => e.data).filter((d) => d.serial && d.role !== 'pulsemeter');
    const key = list.map((d) => d.serial + title(d)).join('|');
    const select = $('curve-meter');
    if (select.dataset.key === key) return;
    select.dataset.key = key;
    const chosen = select.value;
    select.replaceChildren(...list.map((d) => make('option', {value: d.serial, textContent: title(d), selected: d.serial === chosen})));
    load();
  }

  function fresh() { if (graph) { graph.destroy(); graph = null; } load(); }
  for (const id of ['curve-meter', 'curve-kind', 'curve-range']) $(id).addEventListener('change', fresh);
  $('curve-form').addEventListener('submit', (event) => event.preventDefault());
  document.addEventListener('meters', fillMeters);
  document.addEventListener('tab', load);
  fillMeters();
})();
