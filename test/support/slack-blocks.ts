/**
 * What Slack refuses of Block Kit, as far as docs.slack.dev/reference/block-kit states limits for what is used: numbers
 * of blocks and elements, and lengths of texts, ids, values and addresses.
 */

type Fields = Readonly<Record<string, unknown>>;

/** What is wrong with a message's content; undefined where nothing is. */
export function assertBlocks(text: unknown, blocks: unknown): string | undefined {
  if (typeof text !== 'string' || text === '' || text.length > 40_000) return 'text';
  if (!Array.isArray(blocks) || blocks.length > 50) return 'blocks';
  return first(blocks as Fields[], blockProblem);
}

/** What is wrong with a modal. */
export function assertView(view: unknown): string | undefined {
  if (!isFields(view) || view.type !== 'modal') return 'view';
  if (typeof view.callback_id !== 'string' || view.callback_id.length > 255) return 'callback_id';
  if (typeof view.private_metadata !== 'string' || view.private_metadata.length > 3000)
    return 'private_metadata';
  for (const name of ['title', 'submit', 'close']) if (!isPlainText(view[name], 24)) return name;
  return Array.isArray(view.blocks) ? first(view.blocks as Fields[], blockProblem) : 'blocks';
}

function blockProblem(block: Fields): string | undefined {
  switch (block.type) {
    case 'section':
      return isText(block.text, 3000) ? undefined : 'section text';
    case 'rich_text':
      return Array.isArray(block.elements) ? first(block.elements as Fields[], richProblem) : 'rich_text';
    case 'actions':
      return Array.isArray(block.elements) && block.elements.length <= 25
        ? first(block.elements as Fields[], buttonProblem)
        : 'actions';
    case 'input':
      return isPlainText(block.label, 2000) && isFields(block.element) ? undefined : 'input';
    default:
      return `block ${String(block.type)}`;
  }
}

const RICH = ['rich_text_section', 'rich_text_list', 'rich_text_preformatted', 'rich_text_quote'];

function richProblem({ type, elements, style }: Fields): string | undefined {
  if (!RICH.includes(String(type)) || !Array.isArray(elements) || elements.length === 0) return String(type);
  if (type === 'rich_text_list')
    return style === 'bullet' ? first(elements as Fields[], richProblem) : 'list style';
  return first(elements as Fields[], (span) => {
    if (span.type === 'text')
      return typeof span.text === 'string' && span.text !== '' ? undefined : 'empty text';
    if (span.type === 'date') return Number.isInteger(span.timestamp) && span.format ? undefined : 'date';
    if (span.type === 'usergroup')
      return /^S[A-Z0-9]+$/.test(String(span.usergroup_id)) ? undefined : 'group';
    return `span ${String(span.type)}`;
  });
}

function buttonProblem({ type, text, action_id, value, url, style, confirm }: Fields): string | undefined {
  if (type !== 'button' || !isPlainText(text, 75)) return 'button text';
  if (typeof action_id !== 'string' || action_id.length > 255) return 'action_id';
  if (value !== undefined && (typeof value !== 'string' || value.length > 2000)) return 'value';
  if (url !== undefined && (typeof url !== 'string' || url.length > 3000 || !/^https?:/.test(url)))
    return 'url';
  if (style !== undefined && style !== 'primary' && style !== 'danger') return 'style';
  if (confirm === undefined) return undefined;
  return isFields(confirm) &&
    isPlainText(confirm.title, 100) &&
    isPlainText(confirm.text, 300) &&
    isPlainText(confirm.confirm, 30) &&
    isPlainText(confirm.deny, 30)
    ? undefined
    : 'confirm';
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

const isText = (value: unknown, most: number): boolean =>
  isFields(value) && typeof value.text === 'string' && value.text.length >= 1 && value.text.length <= most;

const isPlainText = (value: unknown, most: number): boolean =>
  isText(value, most) && isFields(value) && value.type === 'plain_text';

function first(all: readonly Fields[], problem: (each: Fields) => string | undefined): string | undefined {
  for (const each of all) {
    const wrong = problem(each);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}
