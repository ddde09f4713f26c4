import { type FormEvent, useState } from "react";
import { type ApiError, keepToken } from "../http";

/** An error with its hint; a missing token can be given on the spot. */
export function Problem({ error }: { error: ApiError }) {
  const [token, setToken] = useState("");

  function submit(event: FormEvent) {
    event.preventDefault();
    keepToken(token);
    location.reload();
  }

  return (
    <div className="problem" role="alert">
      <strong>{error.message}</strong> <code>{error.code}</code>
      {error.hint && <div className="hint">{error.hint}</div>}
      {error.status === 401 && (
        <form onSubmit={submit}>
          <label htmlFor="token">Token of this service</label>
          <input id="token" type="password" autoComplete="off" value={token} onChange={(e) => setToken(e.target.value)} />
          <button type="submit">Use it</button>
        </form>
      )}
    </div>
  );
}
