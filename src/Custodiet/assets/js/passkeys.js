// Passkeys: asks the server what to ask the browser, asks the browser, and puts its answer into the form that is then sent as any
// other. Without this script, or without passkeys in the browser, the forms stay hidden.
const reasons = {
  NotAllowedError: "Nothing was confirmed, or it took too long. Try again.",
  InvalidStateError: "This device has a passkey of this account already.",
  SecurityError: "The browser allows no passkeys at this address.",
  AbortError: "The browser broke off. Try again.",
};

async function ask(form) {
  const response = await fetch(form.dataset.passkey, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.detail ?? `The server answered ${response.status}.`);
  const credential =
    form.dataset.passkeyDoes === "create"
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(answer) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(answer) });
  return JSON.stringify(credential.toJSON());
}

export function startPasskeys() {
  if (!globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON) return;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    const says = form.querySelector("[data-passkey-says]");
    const button = form.querySelector("button[type=submit]");
    form.addEventListener("submit", async event => {
      const answer = form.querySelector("input[name=Credential]");
      if (answer.value) return;
      event.preventDefault();
      button.disabled = true;
      says.textContent = "";
      try {
        answer.value = await ask(form);
        form.submit();
      } catch (failure) {
        says.textContent = reasons[failure.name] ?? failure.message;
        button.disabled = false;
      }
    });
  }
}
