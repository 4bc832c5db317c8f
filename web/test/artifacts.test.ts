import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { look as lookAt } from './harness/looks.ts';
import { runPython } from './harness/python.ts';
import { expectProblem, runningSite } from './harness/site.ts';

const FILL = String.raw`
import base64, io, json, os, tempfile, wave
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
import mlflow, numpy as np, pandas as pd
from mlflow.models import infer_signature
from matplotlib.backends.backend_pdf import PdfPages
mlflow.set_experiment("artifacts")
folder = tempfile.mkdtemp()
def log(name, content, place=None):
    path = os.path.join(folder, name)
    open(path, "wb").write(content if isinstance(content, bytes) else content.encode())
    mlflow.log_artifact(path, place)
ATTACK = "<h1 id='t'>Report</h1><script>let found = ['script ran']; try { document.cookie; found.push('COOKIE') } catch (e) { found.push('no cookie') } try { parent.document.title; found.push('PARENT') } catch (e) { found.push('no parent') } fetch('/ajax-api/2.0/mlflow/experiments/search', {method: 'POST', body: '{}'}).then(() => found.push('API'), () => found.push('no API')).then(() => { document.getElementById('t').textContent = found.join(', ') })</script><form action='/x'><button>Send</button></form>"
class Echo(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input
with mlflow.start_run(run_name="everything") as run:
    figure, axes = plt.subplots(figsize=(4, 3))
    axes.plot([1, 3, 2])
    mlflow.log_figure(figure, "plots/curve.png")
    mlflow.log_figure(figure, "plots/curve.svg")
    with PdfPages(folder + "/report.pdf") as pdf:
        for page in range(3):
            axes.set_title(f"Sheet {page + 1}")
            pdf.savefig(figure)
    mlflow.log_artifact(folder + "/report.pdf", "report")
    mlflow.log_text(ATTACK, "report/report.html")
    log("attack.svg", "<svg xmlns='http://www.w3.org/2000/svg' width='80' height='40'><script>parent.document.title = 'PWNED'; document.documentElement.setAttribute('data-ran', 'yes')</script><rect width='80' height='40' fill='teal'/></svg>", "report")
    mlflow.log_text("# Findings\n\n### Deep\n\n[x](javascript:alert(1)) <img src=x onerror=alert(1)>\n\n![curve](../plots/curve.png) ![far](https://example.com/far.png)\n", "report/notes.md")
    mlflow.log_dict({"nested": {"big": 9007199254740993, "nan": float("nan")}, "list": list(range(300))}, "report/metrics.json")
    mlflow.log_table({"prompt": ["What is it?", "Why?"], "score": [0.91, 0.4]}, "eval.json")
    mlflow.log_dict({"a": {"b": [1, 2]}}, "report/config.yaml")
    mlflow.log_text("def train(depth: int) -> float:\n    # <b>comment</b>\n    return depth * 0.5\n", "code/train.py")
    mlflow.log_text("\n".join(f"step={i} loss={1 / (i + 1):.6f}" for i in range(60000)), "logs/train.log")
    frame = pd.DataFrame({"id": np.arange(30000), "x": np.linspace(-3, 3, 30000), "name": [f"row {i}" for i in range(30000)], "when": pd.date_range("2026-01-01", periods=30000, freq="min")})
    frame.to_parquet(folder + "/big.parquet", row_group_size=5000)
    mlflow.log_artifact(folder + "/big.parquet", "data")
    log("scores.csv", "name,score,note\nb,10,\"two\nlines\"\na,9,\nc,-1.5e3,<b>bold</b>\n", "data")
    log("scores.tsv", "name\tscore\nx\t1\n", "data")
    for step in (0, 10, 20):
        mlflow.log_image(np.full((16, 16, 3), step * 10, dtype=np.uint8), key="val/samples", step=step)
    png = open(mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="plots/curve.png"), "rb").read()
    cells = [{"cell_type": "markdown", "metadata": {}, "source": ["# Analysis"]}, {"cell_type": "code", "execution_count": 7, "metadata": {}, "source": ["df.head()"], "outputs": [{"output_type": "execute_result", "execution_count": 7, "metadata": {}, "data": {"text/html": ["<table><tr><td>cell of a table</td></tr></table><script>parent.document.title = 'PWNED'</script>"], "text/plain": ["plain table"]}}, {"output_type": "display_data", "metadata": {}, "data": {"image/png": base64.b64encode(png).decode()}}, {"output_type": "error", "ename": "ValueError", "evalue": "bad", "traceback": ["\x1b[0;31mValueError\x1b[0m: bad"]}]}]
    log("analysis.ipynb", json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "code")
    log("weights.bin", bytes(range(256)) * 40)
    log("empty.txt", b"")
    log("model.pkl", b"\x80\x04\x95")
    log("broken.json", "{nope")
    log("broken.png", "no picture")
    log("Makefile.unknown", "plain words\nwithout an ending that says so\n")
    log("map.geojson", json.dumps({"type": "FeatureCollection", "features": []}))
    log("odd %+name 日本 & <i>.txt", "odd", "odd folder")
    sound = io.BytesIO()
    with wave.open(sound, "wb") as tone:
        tone.setnchannels(1); tone.setsampwidth(2); tone.setframerate(8000)
        tone.writeframes((np.sin(np.arange(8000) / 5) * 9000).astype("<i2").tobytes())
    log("tone.wav", sound.getvalue())
    example = pd.DataFrame({"x": [1.5, 2.5], "word": ["a", "b"]})
    mlflow.pyfunc.log_model(name="echo", python_model=Echo(), signature=infer_signature(example, example, params={"top": 3}), input_example=example, pip_requirements=["mlflow"])
print(json.dumps({"run": run.info.run_id, "experiment": run.info.experiment_id}))
`;

let ids: { readonly run: string; readonly experiment: string };

const site = runningSite({
  async fill({ url }) {
    ids = JSON.parse((await runPython(url, FILL)).trim().split('\n').at(-1)!) as typeof ids;
  },
});

const at = (path: string): string =>
  [
    `/experiments/${ids.experiment}/runs/${ids.run}/artifacts`,
    ...path.split('/').filter(Boolean).map(encodeURIComponent),
  ].join('/');
/** Without the tooltip of what was clicked last. */
async function look(page: Page, name: string): Promise<void> {
  await page.mouse.move(2, 400);
  await page.getByRole('tooltip').waitFor({ state: 'detached' });
  await lookAt(page, name);
}
const open = (path: string): Promise<Page> => site.open(at(path));

it('walks the tree by keys and opens what is chosen', async () => {
  const page = await open('');
  const tree = page.getByRole('tree', { name: 'Files of the run' });
  await tree.getByRole('link').first().focus();
  await page.keyboard.press('ArrowRight');
  await tree.getByRole('treeitem', { name: /train\.py/ }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'train.py' }).waitFor();
  expect(page.url()).toContain('/artifacts/code/train.py');
  await page.goBack();
  await page.getByRole('heading', { name: 'All files' }).waitFor();
  await look(page, 'artifacts');
});

it('shows a picture, and zooms', async () => {
  const page = await open('plots/curve.png');
  const picture = page.getByRole('img', { name: 'curve.png' });
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(400);
  const width = async () => (await picture.boundingBox())?.width;
  await expect.poll(width).toBe(400);
  await page.keyboard.press('+');
  await expect.poll(width).toBe(600);
  await page.getByRole('button', { name: 'Hard pixels' }).click();
  expect(await picture.evaluate((image) => getComputedStyle(image).imageRendering)).toBe('pixelated');
  await look(page, 'artifact-picture');
});

it('says so where a picture is none', async () => {
  const page = await open('broken.png');
  await page.getByText('The picture cannot be shown').waitFor();
});

it('runs the scripts of a page where they reach nothing', async () => {
  const page = await site.open('/');
  expectProblem(page, /Content Security Policy|Refused to connect/);
  await page.goto(at('report/report.html'));
  const frame = page.frameLocator('iframe');
  await frame.getByText('script ran, no cookie, no parent, no API').waitFor();
  expect(await page.locator('iframe').getAttribute('sandbox')).toBe('allow-scripts');
  await look(page, 'artifact-html');
});

it('shows a drawing without running it, and runs it only in a frame of its own', async () => {
  const page = await site.open('/');
  expectProblem(page, /SecurityError|Blocked a frame|error on the page: $/);
  await page.goto(at('report/attack.svg'));
  await page.getByRole('img', { name: 'attack.svg' }).waitFor();
  await page.getByText('Interactive').click();
  await page.frameLocator('iframe').locator('svg').waitFor();
  expect(await page.title()).not.toContain('PWNED');
});

it('saves an active file that is opened as a page of its own', async () => {
  const page = await open('');
  const view = `${site.url}/ajax-api/slipway/v1/artifacts/view?run_id=${ids.run}&path=report/report.html`;
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.evaluate((url) => {
      window.location.href = url;
    }, view),
  ]);
  expect(download.suggestedFilename()).toBe('report.html');
});

it('turns the pages of a PDF, and has its words', async () => {
  const page = await open('report/report.pdf');
  await page.getByText('Page 1 of 3').waitFor();
  await expect.poll(() => page.locator('canvas').count()).toBeGreaterThan(0);
  await page.getByRole('region', { name: 'Pages' }).getByText('Sheet 1').waitFor({ state: 'attached' });
  await page
    .getByRole('region', { name: 'Pages' })
    .evaluate((pages) => pages.scrollTo(0, pages.scrollHeight));
  await page.getByText('Page 3 of 3').waitFor();
  await look(page, 'artifact-pdf');
});

it('sets Markdown with pictures from beside it, and nothing from elsewhere', async () => {
  const page = await open('report/notes.md');
  await page.getByRole('heading', { name: 'Findings' }).waitFor();
  const picture = page.getByRole('img', { name: 'curve' });
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(400);
  expect(await page.getByRole('link', { name: 'far' }).getAttribute('href')).toBe(
    'https://example.com/far.png',
  );
  expect(await page.locator('a[href^="javascript"]').count()).toBe(0);
  await look(page, 'artifact-markdown');
});

it('shows JSON as a tree with every digit', async () => {
  const page = await open('report/metrics.json');
  const tree = page.getByRole('tree', { name: 'Document' });
  await tree.getByText('9007199254740993').waitFor();
  await tree.getByText('NaN', { exact: true }).waitFor();
  await tree.getByRole('treeitem', { name: /^list/ }).focus();
  await page.keyboard.press('ArrowRight');
  await tree.getByRole('treeitem', { name: /^12: 12$/ }).waitFor();
  await page.getByText('Text', { exact: true }).click();
  await page.getByRole('region', { name: 'Document' }).getByText('9007199254740993').waitFor();
  await look(page, 'artifact-json');
});

it('shows what claims to be JSON and is not as text', async () => {
  const page = await open('broken.json');
  await page.getByText(/This is no JSON/).waitFor();
  await page.getByText('{nope').waitFor();
});

it('shows a logged table as a table', async () => {
  const page = await open('eval.json');
  await page.getByRole('grid').getByText('What is it?').waitFor();
  await page.getByText('2 rows × 2 columns').waitFor();
  await look(page, 'artifact-logged-table');
});

it('colours code and numbers its lines', async () => {
  const page = await open('code/train.py');
  await page.locator('.hljs-keyword').getByText('return').waitFor();
  await page.getByText('# <b>comment</b>').waitFor();
  await look(page, 'artifact-code');
});

it('reads a long text a page at a time, and finds words to its end', async () => {
  const page = await open('logs/train.log');
  const text = page.getByRole('region', { name: 'Text' });
  await text.getByText('step=0 loss').waitFor();
  await page.getByRole('textbox', { name: 'Find in the text' }).fill('STEP=59998 ');
  await page.keyboard.press('Enter');
  await text.getByText('step=59998 ').waitFor();
  await text.getByText('59999', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Beginning of the file' }).click();
  await text.getByText('step=0 loss').waitFor();
  await look(page, 'artifact-log');
});

it('puts a table of text in order', async () => {
  const page = await open('data/scores.csv');
  const grid = page.getByRole('grid');
  await grid.getByText('<b>bold</b>').waitFor();
  await grid.getByRole('columnheader', { name: /score/ }).click();
  const names = () =>
    grid
      .getByRole('gridcell')
      .filter({ hasText: /^[abc]$/ })
      .allTextContents();
  await expect.poll(names).toEqual(['b', 'a', 'c']);
  await grid.getByRole('columnheader', { name: /score/ }).click();
  await expect.poll(names).toEqual(['c', 'a', 'b']);
  await look(page, 'artifact-csv');
});

it('reads the rows of a Parquet file that are looked at, and orders it when asked', async () => {
  const page = await open('data/big.parquet');
  const grid = page.getByRole('grid');
  await page.getByText('30,000 rows × 4 columns').waitFor();
  await grid.getByText('row 0', { exact: true }).waitFor();
  await grid.evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await grid.getByText('row 29999').waitFor();
  await page.getByRole('button', { name: 'Make sortable' }).click();
  await page.getByRole('button', { name: 'Make sortable' }).waitFor({ state: 'detached' });
  await grid.getByRole('columnheader', { name: /^id/ }).click();
  await grid.evaluate((element) => element.scrollTo(0, 0));
  await grid.getByText('row 29999').waitFor();
  await look(page, 'artifact-parquet');
});

it('shows pictures of a series step by step, by keys and by address', async () => {
  const page = await open('images');
  await page.getByRole('button', { name: /val\/samples/ }).click();
  const picture = page.getByRole('img', { name: /val\/samples, step/ });
  await expect.poll(() => picture.getAttribute('alt')).toBe('val/samples, step 20');
  expect(await page.getByRole('slider', { name: 'Step' }).getAttribute('aria-valuetext')).toBe('Step 20');
  await page.keyboard.press('ArrowLeft');
  await expect.poll(() => picture.getAttribute('alt')).toBe('val/samples, step 10');
  expect(page.url()).toContain('step=10');
  await page.reload();
  await expect.poll(() => picture.getAttribute('alt')).toBe('val/samples, step 10');
  const tree = page.getByRole('tree', { name: 'Files of the run' });
  await tree.getByRole('treeitem', { name: /val\/samples 3 steps/ }).waitFor();
  await look(page, 'artifact-series');
});

it('shows a notebook with its outputs, of which nothing runs', async () => {
  const page = await site.open('/');
  expectProblem(page, /Blocked script execution/);
  await page.goto(at('code/analysis.ipynb'));
  await page.getByRole('heading', { name: 'Analysis' }).waitFor();
  await page.getByText('ValueError: bad').waitFor();
  await page.getByText('plain table').waitFor();
  await page.getByRole('button', { name: 'Show as a page' }).click();
  await page.frameLocator('iframe').getByText('cell of a table').waitFor();
  expect(await page.title()).not.toContain('PWNED');
  await look(page, 'artifact-notebook');
});

it('describes a logged model and how to use it', async () => {
  const page = await open('');
  await page.getByRole('navigation', { name: 'Whose files' }).getByRole('link', { name: 'echo' }).click();
  await page
    .getByRole('treeitem', { name: /MLmodel/ })
    .getByRole('link')
    .click();
  await page.getByRole('table').filter({ hasText: 'Inputs' }).getByText('double').waitFor();
  await page.getByText('pd.DataFrame([').waitFor();
  await page.getByText('"word": "a"', { exact: false }).first().waitFor();
  await look(page, 'artifact-model');
  await page.getByText('TypeScript').click();
  await page.getByText('dataframe_split', { exact: false }).first().waitFor();
});

it('shows bytes for what has no other form, and text where there is some', async () => {
  const page = await open('weights.bin');
  await page.getByText('00000010').waitFor();
  await look(page, 'artifact-bytes');
  await page.goto(at('Makefile.unknown'));
  await page.getByText('without an ending that says so').waitFor();
  await page.goto(at('model.pkl'));
  await page.getByText(/A pickle holds Python objects/).waitFor();
  await page.goto(at('empty.txt'));
  await page.getByText('The file is empty.').waitFor();
  await page.goto(at('map.geojson'));
  await page.getByRole('tree', { name: 'Document' }).getByText('FeatureCollection').waitFor();
});

it('plays a recording', async () => {
  const page = await open('tone.wav');
  const duration = () => page.locator('audio').evaluate((audio: HTMLAudioElement) => audio.duration);
  await expect.poll(duration).toBe(1);
});

it('keeps odd names in addresses and downloads', async () => {
  const page = await open('odd folder');
  await page
    .getByRole('list')
    .getByRole('link', { name: /^odd %/ })
    .click();
  await page.getByRole('heading', { name: 'odd %+name 日本 & <i>.txt' }).waitFor();
  await page.reload();
  await page.getByRole('region', { name: 'Text' }).getByText('odd').waitFor();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download', exact: true }).click(),
  ]);
  expect(await readFile((await download.path())!, 'utf8')).toBe('odd');
});

it('saves a folder as one archive', async () => {
  const page = await open('plots');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download as zip' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('plots.zip');
  expect((await readFile((await download.path())!)).subarray(0, 2).toString()).toBe('PK');
});

it('says so where there is no such file', async () => {
  const page = await open('plots/nothing.png');
  await page.getByText('There is no such file').waitFor();
});
