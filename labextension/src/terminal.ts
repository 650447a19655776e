import {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ISessionContext, MainAreaWidget } from '@jupyterlab/apputils';
import { IConsoleTracker } from '@jupyterlab/console';
import { INotebookTracker } from '@jupyterlab/notebook';
import { Kernel, KernelMessage } from '@jupyterlab/services';
import { ITerminal, ITerminalTracker } from '@jupyterlab/terminal';
import { Widget } from '@lumino/widgets';

import { IRequest, isOurs, openTerminal, PREFIX } from './terminals';

/** What kernels open to ask for a terminal; see kt_jupyter/terminal/front_end.py. */
const COMM = 'kt_jupyter:terminal';

/** Opens a terminal on a pod when a kernel asks for one. */
export const terminal: JupyterFrontEndPlugin<void> = {
  id: 'kt_jupyter:terminal',
  description: 'Opens terminals on volumes when a kernel asks for one.',
  autoStart: true,
  optional: [INotebookTracker, IConsoleTracker, ITerminalTracker],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker | null,
    consoles: IConsoleTracker | null,
    terminals: ITerminalTracker | null
  ) => {
    const watch = (widget: Widget, context: ISessionContext) => {
      const onOpen = (
        comm: Kernel.IComm,
        message: KernelMessage.ICommOpenMsg
      ) => {
        // Every window and every notebook on a kernel hears its comms. One of them ran the cell.
        const asking = (message.parent_header as KernelMessage.IHeader).session;
        const panel = asked(asking);
        if (!panel) {
          return;
        }
        const request = message.content.data as unknown as IRequest;
        // Not awaited: the kernel's messages must not wait for a terminal.
        void openTerminal(app, request, panel).then(
          url => comm.send(url ? { url } : {}),
          (reason: unknown) =>
            comm.send({
              error: reason instanceof Error ? reason.message : String(reason)
            })
        );
      };
      const register = () => {
        context.session?.kernel?.registerCommTarget(COMM, onOpen);
      };
      panels.set(context, widget);
      context.kernelChanged.connect(register);
      widget.disposed.connect(() => panels.delete(context));
      register();
    };

    const panels = new Map<ISessionContext, Widget>();
    const asked = (session: string): Widget | undefined => {
      for (const [context, widget] of panels) {
        if (context.session?.kernel?.clientId === session) {
          return widget;
        }
      }
      return undefined;
    };

    notebooks?.forEach(panel => {
      watch(panel, panel.sessionContext);
    });
    notebooks?.widgetAdded.connect((_, panel) => {
      watch(panel, panel.sessionContext);
    });
    consoles?.forEach(panel => {
      watch(panel, panel.sessionContext);
    });
    consoles?.widgetAdded.connect((_, panel) => {
      watch(panel, panel.sessionContext);
    });

    // The server gives no host shell under our names (ptys.py). Should its part be missing, JupyterLab would restore
    // our tab as just that: close it before anybody types into it.
    const guard = async (tab: MainAreaWidget<ITerminal.ITerminal>) => {
      const { session } = tab.content;
      const ours =
        !session.name.startsWith(PREFIX) ||
        (await isOurs(app, session.name).catch(() => false));
      if (!ours) {
        tab.hide();
        await session.shutdown();
        tab.dispose();
      }
    };
    terminals?.forEach(tab => void guard(tab));
    terminals?.widgetAdded.connect((_, tab) => void guard(tab));
  }
};
