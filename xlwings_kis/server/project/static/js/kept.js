// What is kept of a user's choices in this browser. Nothing is lost where it keeps nothing.

export function keep(name, value) {
  try {
    localStorage.setItem(`kis-${name}`, value);
  } catch {
    // storage is switched off
  }
}

export function kept(name) {
  try {
    return localStorage.getItem(`kis-${name}`);
  } catch {
    return null;
  }
}
