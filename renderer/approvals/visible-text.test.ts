import { expect, it } from 'vitest';
import { visibleText } from './visible-text.ts';

it('names what would turn a line around, or hide in it', () => {
  expect(visibleText('delete from a\u202e where\u200b x = 1\u0000')).toEqual({
    text: 'delete from a⟦U+202E⟧ where⟦U+200B⟧ x = 1⟦U+0000⟧',
    hidden: true,
  });
});

it('leaves what can be seen as it is', () => {
  expect(visibleText("select '日本', 'é'\n\tfrom a\r\n")).toEqual({
    text: "select '日本', 'é'\n\tfrom a\r\n",
    hidden: false,
  });
});
