import {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ISessionContext } from '@jupyterlab/apputils';
import { IConsoleTracker } from '@jupyterlab/console';
import { INotebookTracker } from '@jupyterlab/notebook';
import { Kernel, KernelMessage } from '@jupyterlab/services';
import { ITerminalTracker } from '@jupyterlab/terminal';
import { Widget } from '@lumino/widgets';

import { watchTerminals } from './standing';
import { IRequest, openTerminal } from './terminals';

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

    watchTerminals(app, terminals);
  }
};
