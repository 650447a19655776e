import { Notebook } from '@jupyterlab/notebook';

/** How kt_jupyter/notebook/views marks a command that the reader may want next. */
export const SUGGESTION = 'code.kt-insert[data-kt-insert]';

export interface ISuggestion {
  command: string;
  /** The index of the cell whose output makes the suggestion. */
  cell: number;
}

/**
 * The suggestion that an element shows, or null.
 *
 * Only outputs of trusted code cells count: in any other place (markdown, a notebook from elsewhere) the
 * mark is not known to come from our code, and a button with a stranger's command is a trap.
 */
export function suggestionAt(
  notebook: Notebook,
  element: Element
): ISuggestion | null {
  const command = element.getAttribute('data-kt-insert');
  const cell = notebook.widgets.findIndex(widget =>
    widget.node.contains(element)
  );
  const model = notebook.widgets[cell]?.model;
  const isOurs =
    model?.type === 'code' &&
    model.trusted &&
    element.closest('.jp-OutputArea');
  return command && isOurs ? { command, cell } : null;
}

/** Write the suggested command into a cell below the one that suggests it; running it is left to the user. */
export function insertBelow(notebook: Notebook, suggestion: ISuggestion): void {
  const { model } = notebook;
  if (!model || model.readOnly) {
    return;
  }
  const below = suggestion.cell + 1;
  // A second click finds the cell that the first one made.
  const next = model.sharedModel.cells[below];
  if (next?.cell_type !== 'code' || next.source !== suggestion.command) {
    model.sharedModel.insertCell(below, {
      cell_type: 'code',
      source: suggestion.command,
      metadata: { trusted: true }
    });
  }
  notebook.deselectAll();
  notebook.activeCellIndex = below;
  notebook.mode = 'edit';
}

/** Make buttons of the suggestions in a notebook, those there are and those to come. */
export function watchSuggestions(notebook: Notebook, title: string): void {
  const upgrade = (node: Node) => {
    if (!(node instanceof Element)) {
      return;
    }
    const found = node.querySelectorAll(SUGGESTION);
    for (const element of node.matches(SUGGESTION) ? [node] : found) {
      if (suggestionAt(notebook, element)) {
        element.setAttribute('role', 'button');
        element.setAttribute('tabindex', '0');
        element.setAttribute('title', title);
      }
    }
  };
  const observer = new MutationObserver(records => {
    for (const record of records) {
      record.addedNodes.forEach(upgrade);
    }
  });
  observer.observe(notebook.node, { childList: true, subtree: true });
  notebook.disposed.connect(() => {
    observer.disconnect();
  });
  upgrade(notebook.node);
}
