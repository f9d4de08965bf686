// Credentials for every call: xlwings' scripts and formulas, and ours. xlwings asks for them by this name.
//
// Microsoft's directory is xlwings' business. A token of our own list is pasted into the task pane once and stays in this
// browser's storage, under a key of the document's partition, as Office wants it. It travels in a header, never in an address.
globalThis.kisToken = (() => {
  const key = () => `${globalThis.Office?.context?.partitionKey ?? ""}kis-token`;
  return {
    get() {
      try {
        return localStorage.getItem(key()) ?? "";
      } catch {
        return ""; // storage is switched off: the user is asked again
      }
    },
    set(token) {
      try {
        if (token) localStorage.setItem(key(), token);
        else localStorage.removeItem(key());
        return true;
      } catch {
        return false;
      }
    },
  };
})();

globalThis.getAuth = async function () {
  const providers = globalThis.config?.authProviders ?? [];
  const token = providers.includes("custom") ? globalThis.kisToken.get() : "";
  if (providers.includes("entraid") && !token) {
    return { token: await xlwings.getAccessToken(), provider: "entraid" };
  }
  return { token, provider: token ? "custom" : "" };
};
