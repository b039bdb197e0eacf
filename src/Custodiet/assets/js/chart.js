// Draws every element with data-chart: its first child is a JSON data block. The table beside it says the same.
import * as echarts from "echarts/core";
import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, TooltipComponent } from "echarts/components";
import { CanvasRenderer } from "echarts/renderers";

echarts.use([BarChart, LineChart, AriaComponent, GridComponent, TooltipComponent, CanvasRenderer]);

// Colours may be oklch() or light-dark(), which ECharts cannot parse: the browser computes them and a pixel tells.
const canvas = document.createElement("canvas");
canvas.width = canvas.height = 1;
const pixel = canvas.getContext("2d", { willReadFrequently: true });
function colour(variable) {
  const probe = document.createElement("span");
  probe.className = `probe-${variable}`;
  document.body.append(probe);
  const computed = getComputedStyle(probe).color;
  probe.remove();
  pixel.clearRect(0, 0, 1, 1);
  pixel.fillStyle = computed;
  pixel.fillRect(0, 0, 1, 1);
  const [r, g, b] = pixel.getImageData(0, 0, 1, 1).data;
  return `rgb(${r},${g},${b})`;
}

function draw(element) {
  echarts.getInstanceByDom(element)?.dispose();
  const data = JSON.parse(document.getElementById(element.dataset.chart).textContent);
  const quiet = colour("quiet");
  const axis = { axisLine: { lineStyle: { color: quiet } }, axisLabel: { color: quiet }, axisTick: { lineStyle: { color: quiet } } };
  const chart = echarts.init(element, null, { renderer: "canvas" });
  chart.setOption({
    animation: false,
    useUTC: true,
    aria: { enabled: true, label: { description: data.description } },
    grid: { left: 8, right: 8, top: 16, bottom: 8, containLabel: true },
    tooltip: { trigger: "axis", renderMode: "richText", axisPointer: { type: "shadow" } },
    xAxis: { type: "category", data: data.labels, ...axis },
    yAxis: { type: "value", minInterval: 1, ...axis, splitLine: { lineStyle: { color: colour("line") } } },
    series: [{ type: "bar", name: data.name, data: data.values, itemStyle: { color: colour("accent") }, barMaxWidth: 24 }],
  });
}

const drawAll = () => document.querySelectorAll("[data-chart]").forEach(draw);
drawAll();
document.addEventListener("custodiet:theme", drawAll);
addEventListener("resize", () => document.querySelectorAll("[data-chart]").forEach(e => echarts.getInstanceByDom(e)?.resize()));
