// htmx: carries the CSRF token with every request, and says so when one fails.

import { t } from "./texts.ts";
import { toast } from "./toast.ts";

export function csrfToken(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
}

interface RequestDetail {
  ctx?: { request?: { headers?: Record<string, string> }; response?: { status?: number } };
}

export function startRequests(): void {
  document.addEventListener("htmx:config:request", (event) => {
    const headers = detailOf(event).ctx?.request?.headers;
    if (headers) headers["X-CSRF-Token"] = csrfToken();
  });
  document.addEventListener("htmx:before:swap", (event) => {
    // A page of validation errors is swapped in like any other; an internal error is not.
    if ((detailOf(event).ctx?.response?.status ?? 0) >= 500) event.preventDefault();
  });
  document.addEventListener("htmx:response:error", (event) => {
    if ((detailOf(event).ctx?.response?.status ?? 0) >= 500) toast(t("request-failed"), "danger");
  });
  document.addEventListener("htmx:error", () => toast(t("connection-lost"), "danger"));
}

function detailOf(event: Event): RequestDetail {
  const detail: unknown = event instanceof CustomEvent ? event.detail : null;
  return detail && typeof detail === "object" ? (detail as RequestDetail) : {};
}
