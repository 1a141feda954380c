// Writing: the two boxes, what they suggest, and what they remember.

import { $, api, attempt, element, here, me, words } from './server.js';

let commands = []; // autocomplete lines of the team, as the server has them
let people = [], channels = []; // of the team, for @ and ~

export async function know(team) {
  commands = await api('GET', `/teams/${team}/commands/autocomplete`);
  people = await api('GET', `/users?in_team=${team}&per_page=200`);
  channels = await api('GET', `/teams/${team}/channels?per_page=200`);
}

const draftKey = box => `draft:${me.username}:${box.id === 'thread-box' ? here.thread : here.channel.path}`;

// restore puts back what was being written to the channel or thread now open.
export function restore(box, otherwise = '') {
  box.value = sessionStorage.getItem(draftKey(box)) || otherwise;
  stopEditing(box);
  suggest(box);
  grow(box);
}

function keep(box) {
  if (box.dataset.editing) return;
  if (box.value) sessionStorage.setItem(draftKey(box), box.value);
  else sessionStorage.removeItem(draftKey(box));
}

const grow = box => { box.style.height = 'auto'; box.style.height = Math.min(box.scrollHeight + 2, 200) + 'px'; };

async function send(box, root) {
  const text = box.value;
  if (!text.trim()) return;
  const editing = box.dataset.editing;
  history.push(text);
  recalled = history.length;
  box.value = '';
  keep(box);
  stopEditing(box);
  suggest(box);
  grow(box);
  const { id: channel_id, team: team_id } = here.channel;
  const done = await attempt(() => {
    if (editing) return api('PUT', `/posts/${editing}/patch`, { message: text });
    if (text.startsWith('/')) return api('POST', '/commands/execute', { channel_id, team_id, root_id: root, command: text });
    return api('POST', '/posts', { channel_id, root_id: root, message: text, pending_post_id: me.userId + ':' + Date.now() });
  }, root);
  if (!done && !box.value) {
    box.value = text;
    keep(box);
    grow(box);
  }
}

// edit takes a message of one's own back into the box.
export async function edit(id, inThread) {
  const box = $(inThread ? 'thread-box' : 'message-box');
  box.value = (await api('GET', '/posts/' + id)).message;
  box.dataset.editing = id;
  box.title = words.editing;
  box.form.classList.add('editing');
  box.form.dataset.note = words.editing;
  grow(box);
  box.focus();
}

function stopEditing(box) {
  delete box.dataset.editing;
  box.title = '';
  box.form.classList.remove('editing');
}

// What was typed before, for ↑ and ↓ in an empty box.
const history = [];
let recalled = 0;

function recall(box, step) {
  if (box.value !== '' && box.value !== history[recalled]) return false;
  const at = recalled + step;
  if (at < 0 || at > history.length) return false;
  recalled = at;
  box.value = history[at] ?? '';
  box.setSelectionRange(box.value.length, box.value.length);
  keep(box);
  grow(box);
  return true;
}

// Suggestions: the one line per command that the server has, people after @ and
// public channels after ~.

const fold = s => s.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

function candidates(box) {
  const typed = box.value.slice(0, box.selectionStart);
  if (/^\/\S*( \S*)?$/.test(typed) && !/\s[@~]/.test(typed)) {
    return commands.filter(c => ('/' + c.trigger).startsWith(typed.split(' ')[0].toLowerCase()))
      .map(c => ({ key: c.trigger, name: '/' + c.trigger, hint: c.auto_complete_hint, help: c.auto_complete_desc, put: '/' + c.trigger + ' ', from: 0, to: ('/' + c.trigger + ' ').length }));
  }
  const [, sign, word] = typed.match(/(?:^|\s)([@~])([\p{L}\p{N}._-]*)$/u) || [];
  if (!sign) return [];
  const from = box.selectionStart - word.length - 1;
  const known = sign === '@' ? people.map(u => [u.username, [u.first_name, u.last_name].join(' ').trim()]) : channels.map(c => [c.name, c.display_name]);
  return known.filter(([name, full]) => [name, ...full.split(' ')].some(part => fold(part).startsWith(fold(word))) && name !== word).slice(0, 8)
    .map(([name, full]) => ({ key: name, name: sign + name, hint: full, put: sign + name + ' ', from, to: box.selectionStart }));
}

function suggest(box) {
  const list = box.form.querySelector('ul');
  const fitting = candidates(box);
  list.replaceChildren(...fitting.map((c, i) => {
    const line = element('li', { id: `${list.id}-${i}`, role: 'option' }, element('b', { textContent: c.name }), ' ' + c.hint);
    line.dataset.suggestion = c.key;
    line.setAttribute('aria-selected', 'false');
    if (c.help) line.append(element('span', { textContent: c.help }));
    line.onpointerdown = event => { event.preventDefault(); take(box, c); };
    return line;
  }));
  list.hidden = !fitting.length;
  box.removeAttribute('aria-activedescendant');
  return fitting;
}

function take(box, c) {
  box.setRangeText(c.put, c.from, Math.max(c.to > box.value.length ? box.value.length : c.to, c.from), 'end');
  box.focus();
  keep(box);
  suggest(box);
}

const selected = box => [...box.form.querySelectorAll('[role=option]')].findIndex(o => o.getAttribute('aria-selected') === 'true');

function move(box, step) {
  const options = [...box.form.querySelectorAll('[role=option]')];
  const at = (selected(box) + step + options.length + (selected(box) < 0 && step < 0 ? 1 : 0)) % options.length;
  options.forEach((o, i) => o.setAttribute('aria-selected', String(i === at)));
  box.setAttribute('aria-activedescendant', options[at].id);
}

function key(box, event) {
  const list = box.form.querySelector('ul');
  const open = !list.hidden;
  switch (event.key) {
    case 'Escape':
      if (box.dataset.editing) restore(box);
      list.hidden = true;
      return;
    case 'ArrowUp':
    case 'ArrowDown': {
      const step = event.key === 'ArrowUp' ? -1 : 1;
      const mentions = open && !box.value.startsWith('/') || open && /\s[@~]\S*$/.test(box.value);
      if (mentions) { event.preventDefault(); move(box, step); }
      else if (!event.shiftKey && recall(box, step)) event.preventDefault();
      return;
    }
    case 'Tab':
    case 'Enter': {
      if (event.shiftKey || event.isComposing) return;
      const at = event.key === 'Tab' ? Math.max(selected(box), 0) : selected(box);
      const c = open && candidates(box)[at];
      if (c && (event.key === 'Enter' || c.key && !box.value.startsWith(c.put) || c.from > 0)) {
        event.preventDefault();
        take(box, c);
      } else if (event.key === 'Enter') {
        event.preventDefault();
        box.form.requestSubmit();
      }
    }
  }
}

for (const [box, root] of [[$('message-box'), () => ''], [$('thread-box'), () => here.thread]]) {
  let sending = false; // a driven browser may still insert the line break of an Enter that was taken
  box.addEventListener('input', () => { $('notice').hidden = true; keep(box); suggest(box); grow(box); });
  box.addEventListener('beforeinput', event => { if (sending && event.inputType === 'insertLineBreak') event.preventDefault(); });
  box.addEventListener('keydown', event => {
    sending = event.key === 'Enter' && !event.shiftKey && !event.isComposing;
    key(box, event);
  });
  box.form.addEventListener('submit', event => { event.preventDefault(); send(box, root()); });
}
