// Requests to the server: of each kind the last one counts, and earlier ones are dropped.

const running = new Map();

/** The answer, or null where a later request of this kind has taken the place of this one. */
export async function ask(what, fields) {
  running.get(what)?.abort();
  const control = new AbortController();
  running.set(what, control);
  try {
    const response = await fetch(`/api/${what}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(fields),
      signal: control.signal,
    });
    if (response.status === 429 || response.status === 503) return failure("many requests at once: type on, or wait a second");
    const made = response.headers.get("content-type")?.startsWith("application/json") ? await response.json() : {};
    if (!response.ok) return failure(made.bad ?? `the server answers ${response.status}`);
    return control.signal.aborted ? null : made;
  } catch (error) {
    if (error.name === "AbortError") return null;
    return failure("the server does not answer: is matcalc serve still running?");
  } finally {
    if (running.get(what) === control) running.delete(what);
  }
}

export async function about() {
  return (await fetch("/api/about")).json();
}

function failure(summary) {
  return { error: { where: "page", name: "", summary, details: [], hint: "", places: [], text: "" } };
}

/** The function, called once things have been quiet for so many milliseconds. */
export function settled(call, wait) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...given), wait);
  };
}

/** The function, called at once; while it runs, once more when it has ended, at the latest after so many milliseconds. */
export function oneByOne(call, patience) {
  let running = 0;
  let timer = 0;
  const start = async () => {
    clearTimeout(timer);
    timer = 0;
    running += 1;
    try {
      await call();
    } finally {
      running -= 1;
      if (timer && !running) start();
    }
  };
  return () => {
    if (!running) start();
    else if (!timer) timer = setTimeout(start, patience);
  };
}
