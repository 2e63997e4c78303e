// The script of every page. Pages work without it; it makes them pleasant.

import "../styles/app.css";
import "htmx.org/dist/htmx.esm.js";
import "tabler-script/collapse.ts";
import "tabler-script/dropdown.ts";
import { startConfirm } from "./confirm.ts";
import { startForms } from "./forms.ts";
import { startRequests } from "./requests.ts";
import { startThemeSwitch } from "./theme-switch.ts";
import { startToasts } from "./toast.ts";

startThemeSwitch();
startConfirm();
startForms();
startRequests();
startToasts();
