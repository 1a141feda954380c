// Lists reload when mail comes in. The pages work without this script.
const shown = document.body.dataset.changes;
if (shown !== undefined) {
  setInterval(async () => {
    try {
      const answer = await fetch('/changes');
      if (answer.ok && (await answer.text()) !== shown) location.replace(location.pathname);
    } catch {
      // The server is down or starting again: ask again in a second.
    }
  }, 1000);
}
// The answer is written above the quoted text.
document.querySelector('textarea[autofocus]')?.setSelectionRange(0, 0);
