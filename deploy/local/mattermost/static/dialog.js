// Dialogs: those an integration opens, and the page's own question.

import { $, api, attempt, element, here, page, words } from './server.js';

function control(field) {
  const common = { name: field.name, id: 'field-' + field.name, required: !field.optional };
  switch (field.type) {
    case 'textarea':
      return element('textarea', { ...common, rows: 5, maxLength: field.max_length || 3000, placeholder: field.placeholder, value: field.default });
    case 'select':
      return element('select', common, element('option', { value: '', textContent: field.placeholder || words.choice }),
        ...(field.options || []).map(o => element('option', { value: o.value, textContent: o.text, selected: o.value === field.default })));
    case 'radio':
      return element('span', { className: 'choices', id: common.id, role: 'radiogroup', ariaLabel: field.display_name }, ...(field.options || []).map(o => element('label', {},
        element('input', { type: 'radio', name: field.name, value: o.value, checked: o.value === field.default }), ' ' + o.text)));
    case 'bool':
      return element('label', {}, element('input', { ...common, required: false, type: 'checkbox', checked: field.default === 'true' }), ' ' + field.placeholder);
    default:
      return element('input', { ...common, type: field.subtype || 'text', maxLength: field.max_length || 150, placeholder: field.placeholder, value: field.default });
  }
}

export async function openDialog({ url, dialog }) {
  const introduction = element('div', { className: 'introduction' });
  if (dialog.introduction_text) introduction.innerHTML = await (await page('POST', '/text', dialog.introduction_text)).text(); // rendered and escaped by the server
  const fields = dialog.elements || [];
  const line = field => {
    const input = control(field);
    (input.querySelector('input') || input).setAttribute('aria-describedby', `error-${field.name} help-${field.name}`);
    const error = element('span', { className: 'error', id: 'error-' + field.name });
    error.dataset.errorFor = field.name;
    return element('div', { className: 'field' }, element('label', { htmlFor: 'field-' + field.name, textContent: field.display_name + (field.optional ? '' : ' *') }),
      input, element('span', { className: 'help', id: 'help-' + field.name, textContent: field.help_text }), error);
  };
  const form = element('form', { noValidate: true },
    element('h2', { id: 'dialog-title', textContent: dialog.title }),
    introduction,
    ...fields.map(line),
    element('p', { id: 'dialog-error', className: 'error' }),
    element('p', { className: 'actions' },
      element('button', { type: 'button', id: 'dialog-cancel', textContent: words.cancel }),
      element('button', { id: 'dialog-submit', className: 'primary', textContent: dialog.submit_label || words.submit })));
  form.querySelector('#dialog-error').setAttribute('role', 'alert');
  const submit = cancelled => api('POST', '/actions/dialogs/submit', {
    url, callback_id: dialog.callback_id, state: dialog.state, channel_id: here.channel.id, team_id: here.channel.team, cancelled,
    submission: cancelled ? {} : Object.fromEntries(fields.map(f => [f.name, f.type === 'bool' ? form.elements[f.name].checked : form.elements[f.name].value])),
  });
  const show = answer => {
    for (const place of form.querySelectorAll('[data-error-for]')) {
      place.textContent = answer.errors?.[place.dataset.errorFor] || '';
      form.querySelector('#field-' + place.dataset.errorFor)?.setAttribute('aria-invalid', String(place.textContent !== ''));
    }
    form.querySelector('#dialog-error').textContent = answer.error || '';
    form.querySelector('[data-error-for]:not(:empty)')?.parentElement.querySelector('input, textarea, select')?.focus();
  };
  form.addEventListener('submit', async event => {
    event.preventDefault();
    const missing = fields.filter(f => !f.optional && f.type !== 'bool' && !form.elements[f.name].value.trim());
    if (missing.length) return show({ errors: Object.fromEntries(missing.map(f => [f.name, words.required])) });
    const button = form.querySelector('#dialog-submit');
    button.disabled = true; // one click, one submission
    try {
      const answer = await submit(false);
      if (answer.error || Object.keys(answer.errors || {}).length) show(answer);
      else $('dialog').close();
    } catch (error) {
      show({ error: error.message });
    } finally {
      button.disabled = false;
    }
  });
  form.querySelector('#dialog-cancel').addEventListener('click', () => {
    if (dialog.notify_on_cancel) attempt(() => submit(true));
    $('dialog').close();
  });
  $('dialog').replaceChildren(form);
  if (!$('dialog').open) $('dialog').showModal();
}

// ask puts a question with one way to say yes.
export function ask(question, yes, act) {
  const form = element('form', {},
    element('h2', { id: 'dialog-title', textContent: question }),
    element('p', { className: 'actions' },
      element('button', { type: 'button', id: 'dialog-cancel', textContent: words.cancel }),
      element('button', { id: 'dialog-submit', className: 'danger', textContent: yes })));
  form.addEventListener('submit', event => {
    event.preventDefault();
    $('dialog').close();
    act();
  });
  form.querySelector('#dialog-cancel').addEventListener('click', () => $('dialog').close());
  $('dialog').replaceChildren(form);
  $('dialog').showModal();
}
