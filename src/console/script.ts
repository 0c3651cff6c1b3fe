/** The one script of ours that a browser runs: times in the viewer's zone, and files that are dropped on their place. */

/** Plain JavaScript, sent as it stands. */
export const script = `'use strict';
(() => {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' });
  const localise = (root) => {
    for (const time of root.querySelectorAll('time[datetime]')) {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      const utc = at.toISOString().slice(0, 16).replace('T', ' ') + ' UTC';
      const local = format.format(at);
      const title = time.dataset.age === undefined ? utc : local + ' (' + utc + ')';
      // Only what differs, or this would wake the observer below for ever.
      if (time.dataset.age === undefined && time.textContent !== local) time.textContent = local;
      if (time.title !== title) time.title = title;
    }
  };
  // A file that was chosen is shown at its place before anything is sent.
  const preview = (input) => {
    const place = input.closest('[data-drop]');
    if (place === null) return;
    place.querySelector('canvas')?.remove();
    const [file] = input.files;
    if (file === undefined) return;
    createImageBitmap(file).then((bitmap) => {
      const scale = Math.min(1, 180 / Math.max(bitmap.width, bitmap.height));
      const canvas = document.createElement('canvas');
      canvas.width = Math.max(1, Math.round(bitmap.width * scale));
      canvas.height = Math.max(1, Math.round(bitmap.height * scale));
      canvas.getContext('2d').drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      place.querySelector('canvas')?.remove();
      input.closest('label').after(canvas);
      bitmap.close();
    }, () => undefined);
  };
  const placeOf = (event) => event.target instanceof Element ? event.target.closest('[data-drop]') : null;
  document.addEventListener('dragover', (event) => {
    const place = placeOf(event);
    if (place === null) return;
    event.preventDefault();
    place.classList.add('over');
  });
  document.addEventListener('dragleave', (event) => placeOf(event)?.classList.remove('over'));
  document.addEventListener('drop', (event) => {
    const place = placeOf(event);
    if (place === null) return;
    event.preventDefault();
    place.classList.remove('over');
    const input = place.querySelector('input[type=file]');
    if (input === null || event.dataTransfer.files.length === 0) return;
    const one = new DataTransfer();
    for (const file of place.dataset.drop === 'many' ? event.dataTransfer.files : [event.dataTransfer.files[0]])
      one.items.add(file);
    input.files = one.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });
  document.addEventListener('change', (event) => {
    if (event.target instanceof HTMLInputElement && event.target.type === 'file') preview(event.target);
  });
  // Lists: j and k choose a line, Enter opens it, / goes to the search. On a case n and p lead to the next one.
  const press = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, select, textarea') !== null) return;
    if (event.key === 'n' || event.key === 'p') {
      document.querySelector(event.key === 'n' ? '.neighbours a[rel=next]' : '.neighbours a[rel=prev]')?.click();
      return;
    }
    if (event.key === '/') {
      const search = document.querySelector('form.filter input[name=text]');
      if (search !== null) { event.preventDefault(); search.focus(); }
      return;
    }
    const step = event.key === 'j' ? 1 : event.key === 'k' ? -1 : 0;
    const links = [...document.querySelectorAll('a[data-open]')];
    if (step === 0 || links.length === 0) return;
    const at = links.indexOf(document.activeElement);
    const link = links[at === -1 ? 0 : Math.min(links.length - 1, Math.max(0, at + step))];
    for (const row of document.querySelectorAll('tr.chosen')) row.classList.remove('chosen');
    link.closest('tr')?.classList.add('chosen');
    link.focus();
  };
  document.addEventListener('keydown', (event) => { if (event.target instanceof Element) press(event); });
  localise(document);
  new MutationObserver((changes) => {
    // A page that renews itself changes texts in place, and a moment is UTC again.
    for (const { target } of changes) {
      const around = target instanceof Element ? target : target.parentElement;
      localise(around?.closest('time')?.parentElement ?? around ?? document);
    }
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
})();
`;
