'use strict';
// Meters that are added on this page: api/setup and api/scan. Texts are only ever set as text, never as HTML.

(() => {
  const orders = ['', 'L1,L3,L2', 'L2,L1,L3', 'L2,L3,L1', 'L3,L1,L2', 'L3,L2,L1'];
  const roles = ['grid', 'pvinverter', 'genset', 'acload', 'evcharger', 'heatpump'];
  const lines = ['L1', 'L2', 'L3'];
  const notOfTheMeter = ['file', 'enabled', 'by_hand', 'problem'];
  let scanTimer = 0;

  async function ask(path, body) {
    const answer = await fetch(path, body === undefined ? {} :
      {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)});
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.error);
    return told;
  }

  function labelled(text, input) { return make('label', {}, text, input); }
  function check(text, checked, value) {
    const input = make('input', {type: 'checkbox', checked, value});
    return {input, label: make('label', {className: 'check'}, input, text)};
  }
  function status() {
    const said = make('p', {className: 'hint'});
    said.setAttribute('role', 'status');
    return said;
  }
  function roleSelect(chosen) {
    return make('select', {}, make('option', {value: '', textContent: 'by its kind', selected: !chosen}),
      ...roles.map((value) => make('option', {value, textContent: roleNames[value], selected: value === chosen})));
  }
  function onSubmit(form, act) { form.addEventListener('submit', (event) => { event.preventDefault(); act(); }); }

  // The service begins anew with the changed configuration: asks until it is there again.
  async function change(path, body, said) {
    let told;
    setText(said, 'asking …');
    try {
      told = await ask(path, body);
    } catch (error) { setText(said, 'not done: ' + error.message); return null; }
    setText(said, 'done: the meters are begun anew …');
    for (let tries = 0; tries < 40; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      try { await fill(); break; } catch (error) { /* not there yet */ }
    }
    setText(said, 'done');
    return told;
  }

  // Another role of a SunSpec device is another meter there: the one before goes.
  async function replace(data, body, said) {
    const told = await change('api/setup/meters', body, said);
    if (told && told.file !== data.file) change('api/setup/remove', {file: data.file}, said);
  }

  // What is set of an added meter but the fields that are shown.
  function settings(data) {
    return Object.fromEntries(Object.entries(data).filter(([key]) => !notOfTheMeter.includes(key)));
  }

  function addedForm(data, said) {
    const name = make('input', {value: data.name || '', maxLength: 60});
    const role = roleSelect(data.role);
    const inverted = (data.invert || '').split(',');
    const turned = lines.map((line) => check(line, inverted.includes(line), line));
    const order = make('select', {}, ...orders.map((each) => make('option', {value: each, textContent: each || 'as wired', selected: each === (data.phases || '')})));
    const enabled = check('enabled', data.enabled, '');
    const invert = make('fieldset', {}, make('legend', {textContent: 'Sign turned on'}), ...turned.map((each) => each.label));
    const remove = make('button', {type: 'button', textContent: 'Remove'});
    remove.addEventListener('click', () => { if (window.confirm('Remove ' + (data.name || data.uri) + '?')) change('api/setup/remove', {file: data.file}, said); });
    const form = make('form', {}, labelled('Name', name), labelled('Role', role), labelled('Phases', order), invert, enabled.label,
      make('button', {textContent: 'Save'}), remove);
    onSubmit(form, () => replace(data, {...settings(data), name: name.value, role: role.value, phases: order.value,
      invert: turned.filter((each) => each.input.checked).map((each) => each.input.value), enabled: enabled.input.checked}, said));
    return form;
  }

  function card(data, ...more) {
    return make('article', {}, make('h2', {}, make('span', {textContent: data.name || data.uri}),
      make('span', {className: 'role', textContent: data.enabled ? 'enabled' : 'disabled'})),
    make('p', {className: 'topic', textContent: data.uri}), ...more);
  }

  function fillAdded(view) {
    const said = $('setup-said');
    $('setup-added').replaceChildren(...view.added.map((data) => {
      const parts = data.problem ? [make('p', {className: 'why', textContent: data.problem})] : [];
      return card(data, ...parts, data.by_hand ? make('p', {className: 'hint', textContent: 'Written by hand: change it in meters.d/' + data.file + '.'}) : addedForm(data, said));
    }), ...view.problems.map((each) => make('p', {className: 'why', textContent: each.problem})));
    $('setup-none').hidden = view.added.length + view.problems.length > 0;
    $('setup-configured').replaceChildren(...view.configured.map((data) => card(data, make('p', {className: 'hint', textContent: 'Set in ' + data.where + '.'}))));
    $('setup-configured-part').hidden = view.configured.length === 0;
  }

  function fillPlaces(view) {
    const chosen = new Map([...document.querySelectorAll('#scan-places input')].map((input) => [input.value, input.checked]));
    const places = (list, kind) => list.map((place) => {
      const made = check(place, chosen.has(place) ? chosen.get(place) : kind === 'ports' || !view.ports.length, place);
      made.input.dataset.kind = kind;
      return made.label;
    });
    const all = [...places(view.ports, 'ports'), ...places(view.networks, 'networks')];
    $('scan-places').replaceChildren(make('legend', {textContent: 'Where'}), ...(all.length ? all : [make('p', {className: 'hint', textContent: 'No free serial port and no network.'})]));
  }

  async function fill() {
    const view = await ask('api/setup');
    fillAdded(view);
    fillPlaces(view);
    show($('setup-text'), view.why_fixed || '');
  }

  function foundCard(found) {
    const title = [found.product || 'Modbus device', found.serial].filter(Boolean).join(' ');
    const said = status();
    const parts = [make('h2', {}, make('span', {textContent: title}), ...(found.unit ? [make('span', {className: 'role', textContent: 'unit ' + found.unit})] : [])),
      make('p', {className: 'topic', textContent: [found.connection, found.line].filter(Boolean).join(' · ')})];
    if (found.remark) parts.push(make('p', {className: 'advice', textContent: found.remark}));
    if (found.uri) {
      const name = make('input', {value: '', maxLength: 60});
      const form = make('form', {}, labelled('Name', name), make('button', {textContent: 'Add'}));
      onSubmit(form, async () => {
        clearTimeout(scanTimer); // a change stops the scan
        $('scan-start').disabled = false;
        $('scan-stop').disabled = true;
        setText($('scan-progress'), '');
        const done = await change('api/setup/meters', {uri: found.uri, name: name.value}, said);
        if (done && $('scan-found').children.length === 1) $('tab-now').click(); // to its values
      });
      parts.push(form, said);
    }
    return make('article', {}, ...parts);
  }

  // Cards that are there stay: somebody may be writing a name.
  const foundCards = new Map();
  function showFound(list) {
    const keyed = new Map(list.map((found) => [[found.connection, found.line, found.unit].join(), found]));
    for (const [key, element] of foundCards) if (!keyed.has(key)) { element.remove(); foundCards.delete(key); }
    for (const [key, found] of keyed) {
      if (foundCards.has(key)) continue;
      foundCards.set(key, foundCard(found));
      $('scan-found').append(foundCards.get(key));
    }
  }

  function showScan(state, hasRun) {
    $('scan-start').disabled = state.running;
    $('scan-stop').disabled = !state.running;
    setText($('scan-progress'), state.progress || (state.running || !hasRun ? '' : state.found.length ? state.found.length + ' found' : 'no meter found'));
    showFound(state.found);
    $('scan-notes').replaceChildren(...state.notes.map((text) => make('li', {textContent: text})));
  }

  async function followScan() {
    clearTimeout(scanTimer);
    try {
      const state = await ask('api/scan');
      showScan(state, true);
      if (state.running) scanTimer = setTimeout(followScan, 500);
    } catch (error) {
      setText($('scan-progress'), 'no answer: ' + error.message);
      scanTimer = setTimeout(followScan, 2000);
    }
  }

  async function startScan() {
    const wanted = {ports: [], networks: []};
    for (const input of document.querySelectorAll('#scan-places input:checked')) wanted[input.dataset.kind].push(input.value);
    try {
      showScan(await ask('api/scan', wanted), true);
      followScan();
    } catch (error) { setText($('scan-progress'), 'not begun: ' + error.message); }
  }

  onSubmit($('scan-form'), startScan);
  $('scan-stop').addEventListener('click', () => ask('api/scan/stop', {}).catch((error) => setText($('scan-progress'), error.message)));
  onSubmit($('add-form'), async () => {
    if (await change('api/setup/meters', {uri: $('add-uri').value.trim(), name: $('add-name').value, role: $('add-role').value}, $('add-said'))) $('add-form').reset();
  });
  $('add-role').replaceChildren(...roleSelect('').children);
  $('add-role').value = ''; // what leaves a list passes its choice on

  async function open() {
    try {
      const access = await ask('api/access');
      $('setup-all').hidden = !access.may_change;
      if (!access.may_change) {
        show($('setup-text'), 'To add meters here, write a password into a file, name it in the configuration as [status] password_file, and reload. gridbridge scan finds meters on the command line.');
        return;
      }
      await fill();
      const state = await ask('api/scan');
      showScan(state, state.found.length + state.notes.length > 0);
      if (state.running) followScan();
    } catch (error) { show($('setup-text'), error.message); }
  }
  document.addEventListener('tab', (event) => { if (event.detail === 'tab-setup') open(); });
  open();
})();
