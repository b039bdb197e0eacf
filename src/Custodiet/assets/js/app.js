import { startFrame } from "./frame.js";

import { startData } from "./data.js";

startFrame();

startData();
