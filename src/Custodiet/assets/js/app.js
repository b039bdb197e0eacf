import { startData } from "./data.js";
import { startFrame } from "./frame.js";
import { startQueue } from "./queue.js";

startFrame();
startQueue();
startData();
