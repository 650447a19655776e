import { JupyterFrontEnd } from '@jupyterlab/application';
import { MainAreaWidget } from '@jupyterlab/apputils';
import { Terminal } from '@jupyterlab/services';
import { ITerminal, ITerminalTracker } from '@jupyterlab/terminal';

import { PREFIX, standing } from './terminals';

const RETRY = 5000; // milliseconds

/**
 * See to it that a tab of ours shows the pod's shell, or is not there.
 *
 * JupyterLab restores a tab whose process is gone as a shell on the Jupyter host. The server's part gives none under
 * our names (ptys.py); should it be missing, the tab is closed here before anybody types into it.
 *
 * And JupyterLab gives up a connection after a minute or two. The shell goes on, so do we.
 */
export function watchTerminals(
  app: JupyterFrontEnd,
  tracker: ITerminalTracker | null
): void {
  const watch = (tab: MainAreaWidget<ITerminal.ITerminal>) => {
    const { session } = tab.content;
    if (session.name.startsWith(PREFIX)) {
      void guard(app, tab);
      keep(app, session);
    }
  };
  tracker?.forEach(watch);
  tracker?.widgetAdded.connect((_, tab) => {
    watch(tab);
  });
}

async function guard(
  app: JupyterFrontEnd,
  tab: MainAreaWidget<ITerminal.ITerminal>
): Promise<void> {
  const { session } = tab.content;
  // Who cannot be asked now will be once the connection stands: see keep.
  const found = await standing(app, session.name).catch(() => 'ours');
  if (found === 'strange') {
    tab.hide();
    await session.shutdown();
  }
  if (found !== 'ours') {
    tab.dispose();
  }
}

function keep(
  app: JupyterFrontEnd,
  session: Terminal.ITerminalConnection
): void {
  const again = async () => {
    const found = await standing(app, session.name).catch(() => null);
    if (session.isDisposed) {
      return;
    }
    if (found === 'ours') {
      session.reconnect().catch(() => undefined); // its failure is a change of the status
    } else if (found === 'ended') {
      session.dispose(); // as if it had ended while we were there
    } else {
      later();
    }
  };
  const later = () => setTimeout(() => void again(), RETRY);
  session.connectionStatusChanged.connect((_, status) => {
    if (status === 'disconnected' && !session.isDisposed) {
      later();
    }
  });
}
