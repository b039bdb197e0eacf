import { startChoices } from "./choices.js";
import { startData } from "./data.js";
import { startFrame } from "./frame.js";
import { startPasskeys } from "./passkeys.js";
import { startQueue } from "./queue.js";
import { startValues } from "./values.js";

startFrame();
startChoices();
startPasskeys();
startQueue();
startData();
startValues();
