// The script of every page. Pages work without it; it makes them pleasant.

import "../styles/app.css";
import "tabler-script/collapse.ts";
import "tabler-script/dropdown.ts";
import { startConfirm } from "./confirm.ts";
import { startForms } from "./forms.ts";
import { startThemeSwitch } from "./theme-switch.ts";

startThemeSwitch();
startConfirm();
startForms();
