import {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import {
  insertBelow,
  suggestionAt,
  SUGGESTION,
  watchSuggestions
} from './suggestions';

const COMMAND = 'kt_jupyter:insert-below';

/**
 * A command that an output suggests goes into the notebook with a click or Enter.
 *
 * The marks are plain code wherever this plugin is absent (VS Code, GitHub, nbconvert); here they become
 * buttons. The plugin writes a cell and stops there: to run it stays the user's own act.
 */
export const insert: JupyterFrontEndPlugin<void> = {
  id: 'kt_jupyter:insert',
  description: 'Puts a command that an output suggests into a new cell below.',
  autoStart: true,
  optional: [INotebookTracker, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('kt_jupyter');
    const label = trans.__('Insert below');

    const insertFrom = ({ content }: NotebookPanel, target: Element) => {
      const element = target.closest(SUGGESTION);
      const suggestion = element && suggestionAt(content, element);
      if (suggestion) {
        insertBelow(content, suggestion);
      }
    };

    const watch = (panel: NotebookPanel) => {
      watchSuggestions(panel.content, label);
      panel.node.addEventListener('click', event => {
        if (event.target instanceof Element) {
          insertFrom(panel, event.target);
        }
      });
    };
    tracker?.forEach(watch);
    tracker?.widgetAdded.connect((_, panel) => {
      watch(panel);
    });

    // Keys go through JupyterLab's own bindings: it takes Enter away from a plain listener in command mode.
    app.commands.addCommand(COMMAND, {
      label,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => {
        const focused = document.activeElement;
        const panel = tracker?.find(({ node }) => node.contains(focused));
        if (panel && focused) {
          insertFrom(panel, focused);
        }
      }
    });
    for (const key of ['Enter', 'Space']) {
      app.commands.addKeyBinding({
        command: COMMAND,
        keys: [key],
        selector: `.jp-Notebook .jp-OutputArea ${SUGGESTION}[role="button"]:focus`
      });
    }
  }
};
