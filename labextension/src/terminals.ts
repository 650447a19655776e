import { JupyterFrontEnd } from '@jupyterlab/application';
import { MainAreaWidget } from '@jupyterlab/apputils';
import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { ITerminal } from '@jupyterlab/terminal';
import { Widget } from '@lumino/widgets';

import { VERSION } from './version';

/** The names of our terminals start with this; see kt_jupyter/terminal/names.py. */
export const PREFIX = 'kt_';

/** What a kernel sends; only the server looks into it. */
export interface IRequest {
  [key: string]: unknown;
  version: string;
}

/** What stands behind a terminal of that name: the pod's shell, nothing any more, or what nobody of ours made. */
export type Standing = 'ours' | 'ended' | 'strange';

/**
 * The last tab that was asked for. They open one after the other: JupyterLab knows a tab once it stands, and until then
 * makes another for the same terminal, when a cell was run twice.
 */
let opened: Promise<unknown> = Promise.resolve();

interface IAnswer {
  version: string;
  name: string;
  terminals: string[];
}

/**
 * Have the server start the program for a pod, and show its terminal beside the widget that asked.
 *
 * Returns where it can be had in a browser tab of its own, if that is how this front end shows terminals.
 */
export async function openTerminal(
  app: JupyterFrontEnd,
  { version, ...target }: IRequest,
  beside: Widget
): Promise<string | null> {
  sameVersion('kernel', version);
  const name = await start(app, target);
  const open = opened.then(() =>
    app.commands.execute('terminal:open', { name })
  );
  opened = open.catch(() => undefined);
  const widget = (await open) as
    MainAreaWidget<ITerminal.ITerminal> | undefined;
  if (PageConfig.getOption('notebookPage')) {
    return URLExt.join(
      app.serviceManager.serverSettings.baseUrl,
      'terminals',
      name
    );
  }
  // Undefined: it is open already, and was brought to the front.
  if (widget && !widget.isDisposed) {
    app.shell.add(widget, 'main', { mode: 'split-right', ref: beside.id });
    app.shell.activateById(widget.id);
  }
  return null;
}

/** Ask the server what a terminal with our prefix is; rejects when it cannot be asked. */
export async function standing(
  app: JupyterFrontEnd,
  name: string
): Promise<Standing> {
  const response = await ask(app, {});
  if (response.status === 404) {
    return 'strange'; // the server has no part of ours: nobody there keeps host shells from our names
  }
  const { terminals } = await answered(response);
  return terminals.includes(name) ? 'ours' : 'ended';
}

async function start(
  app: JupyterFrontEnd,
  target: Omit<IRequest, 'version'>
): Promise<string> {
  const init = { method: 'POST', body: JSON.stringify(target) };
  const { name, version } = await answered(await ask(app, init));
  sameVersion('Jupyter server', version);
  return name;
}

function ask(app: JupyterFrontEnd, init: RequestInit): Promise<Response> {
  const settings = app.serviceManager.serverSettings;
  const url = URLExt.join(settings.baseUrl, 'kt_jupyter', 'terminals');
  return ServerConnection.makeRequest(url, init, settings);
}

async function answered(response: Response): Promise<IAnswer> {
  if (response.ok) {
    return (await response.json()) as IAnswer;
  }
  const { message } = await ServerConnection.ResponseError.create(response);
  throw new Error(
    response.status === 404 && !message.includes('Pod')
      ? "the Jupyter server does not run kt_jupyter's part. Install it there (pip install kt_jupyter) and restart it."
      : message
  );
}

function sameVersion(where: string, version: string): void {
  if (version !== VERSION) {
    throw new Error(
      `kt_jupyter is ${version} in the ${where} and ${VERSION} in this page. ` +
        'Run pip install --upgrade kt_jupyter in both, restart Jupyter, and reload the page.'
    );
  }
}
