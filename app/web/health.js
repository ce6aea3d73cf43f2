'use strict';
// What is wrong and what to know, in words. Loaded before app.js, whose functions it calls when there is news.

const severityNames = {error: 'Error', warning: 'Warning', info: 'To know'};

// Those that somebody should act on.
function actingFindings() { return ((service && service.findings) || []).filter((f) => f.severity !== 'info'); }

// In the head: what is not well, by number.
function summaryOf() {
  const problems = (service && service.problems) || [];
  const found = actingFindings().length;
  if (!service || service.status !== 'ok') return [service ? service.status : 'wait', problems.length === 1 ? '1 problem' : problems.length + ' problems'];
  return found ? ['degraded', found === 1 ? '1 thing to look at' : found + ' things to look at'] : ['ok', 'all is well'];
}

function meterOf(finding) {
  if (!finding.meter) return 'gridbridge';
  const entry = [...meters.values()].find((e) => [e.data.serial, e.data.uri].includes(finding.meter));
  return entry && title(entry.data) !== finding.meter ? title(entry.data) + ' (' + finding.meter + ')' : finding.meter;
}

function makeFinding(told) {
  const item = make('li', {},
    make('h3', {}, make('span', {className: 'severity', textContent: severityNames[told.severity] || told.severity}), ' ' + told.meter),
    make('p', {textContent: told.text}));
  if (told.evidence) item.append(make('p', {className: 'hint evidence', textContent: told.evidence}));
  if (told.action) item.append(make('p', {className: 'action'}, make('b', {textContent: 'What to do: '}), told.action));
  if (told.since) item.append(make('p', {className: 'hint', textContent: 'since ' + new Date(told.since).toLocaleString('sv')}));
  item.dataset.severity = told.severity;
  return item;
}

// The list is made anew when it says something else; who listens to the page is told how many there are.
function fillFindings() {
  const list = $('findings');
  const known = service.findings !== undefined;
  const told = (service.findings || []).map((f) => ({...f, meter: meterOf(f)}));
  const text = JSON.stringify(told);
  if (list.dataset.told !== text) {
    list.dataset.told = text;
    list.replaceChildren(...told.map(makeFinding));
  }
  list.hidden = told.length === 0;
  const counts = Object.entries(severityNames).map(([severity, name]) => [told.filter((f) => f.severity === severity).length, name])
    .filter(([count]) => count).map(([count, name]) => name + ': ' + count);
  setText($('findings-count'), !known ? 'Not known: gridbridge does not answer.' : counts.join(', ') || 'Nothing was found.');
  $('findings-count').className = known && !told.length ? 'ok' : 'hint';
}

// What was recorded before something went wrong; asked for when the list may be another.
let incidentsAt = 0;
async function fillIncidents() {
  if (Date.now() - incidentsAt < 10000) return;
  incidentsAt = Date.now();
  const answer = await fetch('api/incidents').catch(() => null);
  if (!answer || !answer.ok) return;
  const told = await answer.json();
  $('incidents').replaceChildren(...(told.length ? told.map((i) => make('li', {},
    (i.time ? new Date(i.time).toLocaleString('sv') + ': ' : '') + meterOf(i) + ', ' + i.cause.replaceAll('_', ' ') + ' ',
    make('a', {href: 'api/incidents/' + i.id, download: '', textContent: 'recording'})))
    : [make('li', {className: 'none', textContent: 'Nothing since the service was started.'})]));
}

function fillHealth() {
  fillIncidents();
  const list = (id, texts, none) => $(id).replaceChildren(...(texts.length ? texts.map((text) => make('li', {textContent: text})) : [make('li', {className: 'none', textContent: none})]));
  list('problems', service.problems, 'Nothing: the broker is connected and every meter gives fresh values.');
  const advice = [...meters.values()].filter((e) => e.data.advice).map((e) => title(e.data) + ': ' + e.data.advice);
  list('remarks', service.remarks.concat(advice), 'Nothing.');
  fillFindings();
  fillLoadTest(service.load_test);
  const count = Math.max(service.problems.length, actingFindings().length); // a lost meter is both
  $('problem-count').hidden = count === 0;
  setText($('problem-count'), String(count));
}

// A test with a load: the service says what to do, here and over MQTT.
async function askLoadTest(body) {
  setText($('load-text'), 'asking …');
  $('load-text').dataset.told = '';
  try {
    const answer = await fetch('api/load_test', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)});
    if (!answer.ok) setText($('load-text'), (await answer.json()).error);
  } catch (error) { setText($('load-text'), 'no answer: ' + error.message); }
}

function fillLoadTest(test) {
  const electric = [...meters.values()].map((e) => e.data).filter((data) => data.topic && data.role !== 'pulsemeter');
  const shape = JSON.stringify(electric.map((data) => [data.serial, title(data)]));
  const choice = $('load-meter');
  if (choice.dataset.shape !== shape) {
    const chosen = choice.value;
    choice.dataset.shape = shape;
    choice.replaceChildren(...electric.map((data) => make('option', {value: data.serial, textContent: title(data), selected: data.serial === chosen})));
  }
  $('load-stop').disabled = !test || ['refused', 'done', 'ended'].includes(test.state);
  const told = JSON.stringify(test || null);
  if (!test || $('load-text').dataset.told === told) return;
  $('load-text').dataset.told = told;
  const entry = electric.find((data) => data.serial === test.meter);
  setText($('load-text'), (entry ? title(entry) + ': ' : '') + test.text);
  $('load-sentences').replaceChildren(...test.sentences.map((sentence) => make('li', {textContent: sentence})));
}

document.addEventListener('DOMContentLoaded', () => {
  $('load-form').addEventListener('submit', (event) => {
    event.preventDefault();
    askLoadTest({meter: $('load-meter').value, watts: Number($('load-watts').value)});
  });
  $('load-stop').addEventListener('click', () => askLoadTest({}));
});
