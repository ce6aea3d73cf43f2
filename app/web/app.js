'use strict';
// Shows what api/events tells. Texts of meters are only ever set as text, never as HTML.

const $ = (id) => document.getElementById(id);
const meters = new Map();   // id -> {data, read (ms of this clock when its value was measured), card}
let service = null;
let heard = 0;              // when the service was heard last, ms of this clock
const silence = 3000;       // ms without an event: what is shown is not live

const roleNames = {grid: 'grid', pvinverter: 'PV inverter', genset: 'generator', acload: 'AC load', evcharger: 'EV charger',
  heatpump: 'heat pump', pulsemeter: 'counter', acsystem: 'AC system'};
const states = {live: 'live', slow: 'slow: seldom telegrams', lost: 'lost', gone: 'gone', awaited: 'no reading yet', refused: 'not used'};

function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}
function setText(element, text) { if (element.textContent !== text) element.textContent = text; }
function show(element, text) { setText(element, text || ''); element.hidden = !text; }

function number(value, digits) {
  return value === undefined || value === null ? '–' : value.toLocaleString('en', {minimumFractionDigits: digits, maximumFractionDigits: digits});
}
function watts(value) { return value === undefined || value === null ? '–' : number(value, Math.abs(value) < 10 ? 1 : 0) + ' W'; }
function duration(ms) {
  const s = ms / 1000;
  if (s < 10) return s.toFixed(1) + ' s';
  if (s < 120) return Math.floor(s) + ' s';
  if (s < 7200) return Math.floor(s / 60) + ' min';
  return s < 172800 ? Math.floor(s / 3600) + ' h' : Math.floor(s / 86400) + ' days';
}

// What a sign means, by role.
function direction(role, power) {
  if (power === undefined || power === null) return ['', ''];
  if (Math.abs(power) < 1) return ['nothing flows', ''];
  const words = role === 'grid' ? ['from the grid', 'to the grid']
    : role === 'pvinverter' || role === 'genset' ? ['consumed', 'produced'] : ['consumed', 'fed back'];
  const produces = role === 'pvinverter' || role === 'genset' ? power > 0 : power < 0;
  return produces ? [words[1], 'out'] : [words[0], 'in'];
}

const phaseRows = [['Power', 'power', (v) => watts(v)], ['Voltage', 'voltage', (v) => number(v, 1) + ' V'],
  ['Current', 'current', (v) => number(v, 2) + ' A'], ['Power factor', 'power_factor', (v) => number(v, 2)]];
const singleRows = [['Voltage', 'voltage', 1, ' V'], ['Current', 'current', 2, ' A'], ['Neutral current', 'current_n', 2, ' A'],
  ['Power factor', 'power_factor', 2, ''], ['Frequency', 'frequency', 2, ' Hz'], ['Imported', 'energy_forward', 2, ' kWh'],
  ['Exported', 'energy_reverse', 2, ' kWh'], ['Volume', 'volume', 3, ' m³'], ['Heat', 'heat_energy', 3, ' kWh'],
  ['Temperature', 'temperature', 1, ' °C'], ['Tariff', 'active_tariff', 0, '']];

function makeCard() {
  const part = {};
  part.card = make('article', {}, make('h2', {}, part.name = make('span'), part.role = make('span', {className: 'role'})),
    part.topic = make('p', {className: 'topic'}),
    make('div', {className: 'values'}, part.power = make('p', {className: 'power'}), part.table = make('table'), part.list = make('dl')),
    part.age = make('p', {className: 'age'}), part.why = make('p', {className: 'why'}), part.advice = make('p', {className: 'advice'}),
    part.more = make('details', {}, make('summary', {textContent: 'Settings'})));
  part.more.addEventListener('toggle', () => { if (part.more.open) fillSettings(part); });
  return part;
}

function fillPhases(table, data) {
  const phases = [1, 2, 3].filter((p) => ['power', 'voltage', 'current'].some((q) => data.values[q + '_l' + p] !== undefined));
  const rows = phaseRows.filter(([, q]) => phases.some((p) => data.values[q + '_l' + p] !== undefined));
  const shape = JSON.stringify([phases, rows.map((r) => r[1])]);
  table.hidden = phases.length === 0;
  if (table.dataset.shape !== shape) {
    table.dataset.shape = shape;
    const head = make('tr', {}, make('td'), ...phases.map((p) => make('th', {scope: 'col', textContent: 'L' + p})));
    table.replaceChildren(make('thead', {}, head), make('tbody', {}, ...rows.map(([name]) =>
      make('tr', {}, make('th', {scope: 'row', textContent: name}), ...phases.map(() => make('td'))))));
  }
  rows.forEach(([, quantity, text], r) => phases.forEach((p, c) => {
    const cell = table.tBodies[0].rows[r].cells[c + 1];
    const value = data.values[quantity + '_l' + p];
    setText(cell, text(value));
    cell.className = quantity === 'power' ? direction(data.role, value)[1] : '';
  }));
}

function fillList(list, data) {
  const hasPhases = data.values.voltage_l1 !== undefined || data.values.current_l1 !== undefined;
  const rows = singleRows.filter(([, q]) => data.values[q] !== undefined && !(hasPhases && (q === 'voltage' || q === 'current')));
  const shape = rows.map((r) => r[1]).join();
  if (list.dataset.shape !== shape) {
    list.dataset.shape = shape;
    list.replaceChildren(...rows.flatMap(([name]) => [make('dt', {textContent: name}), make('dd')]));
  }
  rows.forEach(([, q, digits, unit], i) => setText(list.children[2 * i + 1], number(data.values[q], digits) + unit));
}

function title(data) { return data.name || data.product || data.serial || data.uri; }

function fillCard(entry) {
  const {data, part} = entry;
  setText(part.name, title(data));
  setText(part.role, roleNames[data.role] || data.role);
  setText(part.topic, [data.topic, data.product, data.serial, data.source && 'values of ' + data.source].filter(Boolean).join(' · '));
  const [words, colour] = direction(data.role, data.values.power);
  const isElectric = data.role !== 'pulsemeter';
  part.power.hidden = !isElectric;
  part.power.className = 'power ' + colour;
  setText(part.power, watts(data.values.power === undefined ? undefined : Math.abs(data.values.power)));
  if (words) part.power.append(make('small', {textContent: ' ' + words}));
  fillPhases(part.table, data);
  fillList(part.list, data);
  show(part.advice, data.advice);
}

// Only what is fresh looks fresh, whoever has stopped: the meter, the service, or the way to it.
function tick() {
  const now = performance.now();
  const silent = heard === 0 || now - heard > silence;
  for (const entry of meters.values()) {
    const {data, part} = entry;
    const age = entry.read === null ? null : now - entry.read;
    const isStale = data.state === 'live' && age !== null && age > Math.max(data.stale_after_ms, silence);
    const state = silent || isStale ? 'lost' : data.state;
    part.card.dataset.state = state;
    const since = age === null ? '' : (state === 'live' ? 'measured ' : 'last reading ') + duration(age) + ' ago';
    setText(part.age, state === 'live' ? since : [states[state] || state, since].filter(Boolean).join(': '));
    const why = silent ? 'No connection to gridbridge: what is shown here is old.' : state === 'live' ? '' : data.reason || (isStale ? 'no reading within ' + duration(data.stale_after_ms) : '');
    show(part.why, why);
    part.card.querySelector('.values').style.opacity = state === 'live' || state === 'slow' ? '' : '.55';
  }
  const summary = $('summary');
  const [state, words] = silent ? ['down', heard === 0 ? 'connecting' : 'no connection for ' + duration(now - heard)] : summaryOf();
  summary.dataset.state = state;
  setText(summary, words);
}

function fillService() {
  setText($('portal'), service.portal_id ? 'portal ' + service.portal_id : '');
  setText($('version'), service.version ? 'gridbridge ' + service.version : '');
  const links = [];
  if (service.broker) links.push({name: 'Broker ' + service.broker.server, connected: service.broker.connected, text: service.broker.connected ? 'connected' : 'not connected: ' + service.broker.last_error});
  links.push(...service.connections);
  $('connections').replaceChildren(...links.map((link) =>
    make('li', {}, make('b', {textContent: link.name + ': '}), make('span', {className: link.connected ? 'ok' : 'bad', textContent: link.text}))));
  fillHealth();
}

function takeMeters(list, now) {
  for (const data of list) {
    let entry = meters.get(data.id);
    if (!entry) {
      entry = {part: makeCard()};
      meters.set(data.id, entry);
      $('meters').append(entry.part.card);
    }
    entry.data = data;
    entry.part.data = data;
    entry.read = data.age_ms === null ? null : now - data.age_ms;
    fillCard(entry);
  }
}

function remove(id) {
  if (meters.has(id)) meters.get(id).part.card.remove();
  meters.delete(id);
}

function take(event) {
  const news = JSON.parse(event.data);
  const now = performance.now();
  heard = now;
  if (event.type === 'all') for (const id of [...meters.keys()]) if (!news.meters.some((m) => m.id === id)) remove(id);
  (news.gone || []).forEach(remove);
  if (news.meters) takeMeters(news.meters, now);
  if (news.service) service = news.service;
  if (news.service || news.meters) fillService();
  $('no-meters').hidden = meters.size > 0;
  offerSetup();
  tick();
  document.dispatchEvent(new Event('meters'));
}

// Where there is no meter yet, there is one thing to do. Only at the first look: whoever leaves it is not taken back.
let isFirstLook = true;
async function offerSetup() {
  const wanted = isFirstLook && meters.size === 0;
  isFirstLook = false;
  if (!wanted) return;
  try {
    if ((await (await fetch('api/access')).json()).may_change && !$('now').hidden) select($('tab-setup'));
  } catch (error) { /* shown as silence */ }
}

// Settings of a meter: what clients may write over MQTT.
async function write(part, setting, value, said) {
  setText(said, 'asking …');
  try {
    const answer = await fetch('api/meters/' + encodeURIComponent(part.data.serial), {method: 'POST',
      headers: {'Content-Type': 'application/json'}, body: JSON.stringify({setting, value})});
    const body = await answer.json();
    setText(said, answer.ok ? 'done' : body.error);
  } catch (error) { setText(said, 'no answer: ' + error.message); }
}

function field(label, input, part, setting, read, said) {
  const form = make('form', {}, make('label', {}, label, input), make('button', {textContent: 'Set'}));
  form.addEventListener('submit', (event) => { event.preventDefault(); write(part, setting, read(input), said); });
  return form;
}

async function fillSettings(part) {
  const {data} = part;
  while (part.more.children.length > 1) part.more.lastChild.remove();
  let access = {may_change: false};
  try { access = await (await fetch('api/access')).json(); } catch (error) { /* shown as silence */ }
  if (!access.may_change || !data.topic) {
    part.more.append(make('p', {className: 'hint', textContent: access.may_change ? 'The meter has not answered yet.' :
      'Values only: to change settings here, set [status] password_file in the configuration. Over MQTT they can be changed at any time.'}));
    return;
  }
  const said = make('p', {className: 'hint'});
  said.setAttribute('role', 'status');
  const forms = [field('Name', make('input', {value: data.name, maxLength: 60}), part, 'CustomName', (i) => i.value, said)];
  if (data.roles.length) {
    const roles = make('select', {}, ...data.roles.map((r) => make('option', {value: r, textContent: roleNames[r] || r, selected: r === data.role})));
    forms.push(field('Role', roles, part, 'Role', (i) => i.value, said));
  }
  forms.push(field('Instance', make('input', {type: 'number', min: 0, max: 999, value: data.instance}), part, 'ClassAndVrmInstance',
    (i) => part.data.role + ':' + Number(i.value), said));
  if (data.position !== undefined) {
    const places = ['AC input 1', 'AC output', 'AC input 2'];
    forms.push(field('Position', make('select', {}, ...places.map((p, i) => make('option', {value: i, textContent: p, selected: i === data.position}))), part, 'Position', (i) => Number(i.value), said));
  }
  if (data.phase_config !== undefined)
    forms.push(field('Phase configuration', make('input', {type: 'number', min: 0, max: 4, value: data.phase_config}), part, 'PhaseConfig', (i) => Number(i.value), said));
  if (data.counters_held) {
    const confirm = make('form', {}, make('button', {textContent: 'The counters are right: publish them'}));
    confirm.addEventListener('submit', (event) => { event.preventDefault(); write(part, 'ConfirmCounters', 1, said); });
    forms.push(confirm);
  }
  part.more.append(...forms, said);
}

// Log.
async function fillLog() {
  const wanted = {info: 0, warn: 1, error: 2}[$('log-level').value];
  try {
    const answer = await fetch('api/log');
    const body = await answer.json();
    show($('log-text'), answer.ok ? '' : body.error);
    if (!answer.ok) return;
    const lines = body.filter((line) => ({info: 0, warn: 1, error: 2}[line.level] || 0) >= wanted).reverse();
    $('log-lines').replaceChildren(...lines.map((line) => make('li', {className: line.level,
      textContent: new Date(line.time).toLocaleString('sv') + '  ' + line.level + '  ' + line.component + '  ' + line.text})));
  } catch (error) { show($('log-text'), 'no answer: ' + error.message); }
}
$('log-level').addEventListener('change', fillLog);
$('log-form').addEventListener('submit', (event) => event.preventDefault());

// Tabs, by mouse and by arrow keys.
const tabs = [...document.querySelectorAll('[role=tab]')];
let logTimer = 0;
function select(tab) {
  for (const each of tabs) {
    const chosen = each === tab;
    each.setAttribute('aria-selected', chosen);
    each.tabIndex = chosen ? 0 : -1;
    $(each.getAttribute('aria-controls')).hidden = !chosen;
  }
  clearInterval(logTimer);
  if (tab.id === 'tab-log') { fillLog(); logTimer = setInterval(fillLog, 3000); }
  if (tab.id === 'tab-curves') loadCurves();
  if (tab.id === 'tab-setup') loadSetup();
  document.dispatchEvent(new CustomEvent('tab', {detail: tab.id}));
}
tabs.forEach((tab, i) => {
  tab.addEventListener('click', () => select(tab));
  tab.addEventListener('keydown', (event) => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!step) return;
    const next = tabs[(i + step + tabs.length) % tabs.length];
    select(next);
    next.focus();
  });
});

// The curves' library is half of the page: loaded when curves are looked at.
let curvesLoaded = false;
function loadCurves() {
  if (curvesLoaded) return;
  curvesLoaded = true;
  document.head.append(make('link', {rel: 'stylesheet', href: 'dygraph.min.css'}));
  const library = make('script', {src: 'dygraph.min.js'});
  library.onload = () => document.body.append(make('script', {src: 'curves.js'}));
  document.body.append(library);
}

let setupLoaded = false;
function loadSetup() {
  if (setupLoaded) return;
  setupLoaded = true;
  document.body.append(make('script', {src: 'setup.js'}));
}

const events = new EventSource('api/events');
events.addEventListener('all', take);
events.addEventListener('changes', take);
setInterval(tick, 250);
