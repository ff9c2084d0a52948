import type { Action, Answer } from '../../../policy/decision.ts';
import type { Refusal, ResultMask, StatementPlan } from '../analysis/plan.ts';
import { BoundedMap } from './bounded-map.ts';

/** A RowDescription and what was made of it. */
export interface Described {
  /** The frame as the target sent it. */
  readonly frame: Buffer;
  /** Result formats of Bind it was planned for. */
  readonly formats: readonly number[] | undefined;
  readonly outcome: ResultMask | Refusal;
  /** `Conversation.generation` at the time: later, it may be stale. */
  readonly generation: number;
}

/** A statement made with Parse. */
export interface Prepared {
  readonly name: string;
  readonly text: string;
  /** Type OIDs of its parameters as Parse gave them, hexadecimal. */
  readonly types: string;
  /** The same as the target found them, once the client asked for that. */
  describedTypes: string | undefined;
  /** Its number in the recording. */
  readonly statement: number;
  /** As things stood when it was last bound. */
  plan: StatementPlan;
  /** The target said ParseComplete: only then does the name mean this. */
  confirmed: boolean;
  /** Value of the epoch of statement names at that moment. */
  epoch: number;
  /** The gateway asked for its description. */
  asked: boolean;
  /** RowDescription from Describe(statement), where there was one. */
  rowDescription: Buffer | undefined;
  /** The last description planned: one entry is enough, since clients bind the same way each time. */
  described: Described | undefined;
  /** What the recording last said of its columns. */
  recorded: ResultMask | undefined;
}

/** A portal made with Bind. */
export interface Portal {
  readonly name: string;
  readonly prepared: Prepared;
  /** As they are recorded; undefined once they are. */
  parameters: (string | null)[] | undefined;
  /** What was decided when it was bound. */
  readonly answer: Answer;
  /** What it was decided about. */
  readonly actions: readonly Action[];
  /** Until when it has to be run where people approved it; ms since the epoch. */
  readonly until: number;
  /** Bytes of its Bind. */
  readonly weight: number;
  readonly formats: readonly number[];
  /** Place of its Bind in the conversation. */
  readonly sequence: number;
  confirmed: boolean;
  epoch: number;
  described: Described | undefined;
}

/** The most names kept for one session, and characters with them; the oldest is forgotten, and has to be made again. */
const MOST = 10_000;
const MOST_CHARACTERS = 64 * 1024 * 1024;

/**
 * The names that Parse and Bind gave, as they will stand when what was sent so far has succeeded. What fails is taken
 * back (`undo…`). SQL can change the same names (PREPARE, DECLARE): the epochs tell what can't be relied on since.
 */
export class Names {
  readonly #prepared = new BoundedMap<Prepared>(MOST, MOST_CHARACTERS, ({ text }) => 2 * text.length);
  readonly #portals = new BoundedMap<Portal>(MOST, MOST_CHARACTERS, ({ weight }) => weight);
  /** Goes up when SQL may have given a statement name another meaning. */
  #prepareEpoch = 0;
  /** The same for portals. */
  #declareEpoch = 0;

  prepared(name: string): Prepared | undefined {
    return this.#prepared.get(name);
  }

  /** How many portals there are. */
  get portals(): number {
    return this.#portals.size;
  }

  portal(name: string): Portal | undefined {
    return this.#portals.get(name);
  }

  /** @returns what the name meant before. */
  setPrepared(name: string, prepared: Prepared | undefined): Prepared | undefined {
    return this.#prepared.replace(name, prepared);
  }

  /** @returns what the name meant before. */
  setPortal(name: string, portal: Portal | undefined): Portal | undefined {
    return this.#portals.replace(name, portal);
  }

  /** A statement's PREPARE ran: no name that Parse gave can be relied on, but for the unnamed one. */
  sqlPrepared(): void {
    this.#prepareEpoch += 1;
    for (const [name, prepared] of this.#prepared)
      if (name !== '' && prepared.confirmed) this.#prepared.replace(name, undefined);
  }

  /** DEALLOCATE ALL or DISCARD ALL ran. */
  sqlDeallocatedAll(): void {
    for (const [name, prepared] of this.#prepared)
      if (prepared.confirmed) this.#prepared.replace(name, undefined);
  }

  /** DECLARE ran. */
  sqlDeclared(): void {
    this.#declareEpoch += 1;
  }

  /** A transaction ended before `sequence`, and all portals of it with it. */
  transactionEnded(sequence: number): void {
    if (this.#portals.size === 0) return;
    for (const [name, portal] of this.#portals)
      if (portal.sequence < sequence) this.#portals.replace(name, undefined);
  }

  /** ParseComplete. */
  confirmPrepared(prepared: Prepared): void {
    prepared.confirmed = true;
    prepared.epoch = this.#prepareEpoch;
  }

  /** BindComplete. */
  confirmPortal(portal: Portal): void {
    portal.confirmed = true;
    portal.epoch = this.#declareEpoch;
  }

  /** Whether the target means the same by this statement's name as we do. */
  isSure(prepared: Prepared): boolean {
    return prepared.confirmed && (prepared.name === '' || prepared.epoch === this.#prepareEpoch);
  }

  /** Whether the target means the same by this portal's name as we do. */
  isSurePortal(portal: Portal): boolean {
    return portal.confirmed && (portal.name === '' || portal.epoch === this.#declareEpoch);
  }
}
