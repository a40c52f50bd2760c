// The order in which threads are created again so that each gets the places it had: its slot in the protection domain and its
// place in the trace control area of its CPU session, both of which core gives out lowest first. Pure. Source modelled: checkpoint-restore.md N7.

export interface ThreadPlace {
  /** Numbers of the sessions among those of their kind. */
  readonly pd: number;
  readonly cpu: number;
  /** Slot in the protection domain, and place in the trace control area. */
  readonly index: number;
  readonly trace: number;
}

/** `fill` makes a thread that only keeps places of others free for nobody; `remove` kills it. */
export type ThreadStep =
  | { readonly kind: 'create'; readonly thread: number }
  | { readonly kind: 'fill'; readonly filler: number; readonly pd: number; readonly cpu: number }
  | { readonly kind: 'remove'; readonly filler: number };

type Occupant = ThreadPlace & { readonly filler: number | null };
type Kind = 'pd' | 'cpu';
const PLACE = { pd: 'index', cpu: 'trace' } as const;

/** What is occupied while a plan is carried out, and the plan so far. */
class Planner {
  readonly steps: ThreadStep[] = [];
  readonly #pds: number;
  readonly #cpus: number;
  #there: readonly Occupant[];
  #fillers = 0;

  constructor(there: readonly ThreadPlace[], pds: number, cpus: number) {
    this.#there = there.map((place) => ({ ...place, filler: null }));
    this.#pds = pds;
    this.#cpus = cpus;
  }

  create(place: ThreadPlace, thread: number): void {
    for (const { filler, ...other } of this.#there) {
      if (filler !== null && ((other.pd === place.pd && other.index === place.index) || (other.cpu === place.cpu && other.trace === place.trace))) this.remove(filler);
    }
    // A filler that cannot be placed elsewhere takes a place that is free for good, or the thread comes into another one.
    for (let more = this.#fill(place); more; more = this.#fill(place));
    this.#there = [...this.#there, { pd: place.pd, cpu: place.cpu, index: this.#free('pd', place.pd), trace: this.#free('cpu', place.cpu), filler: null }];
    this.steps.push({ kind: 'create', thread });
  }

  remove(filler: number): void {
    this.#there = this.#there.filter((row) => row.filler !== filler);
    this.steps.push({ kind: 'remove', filler });
  }

  /** Makes core put into a domain what every thread finds there. */
  visit(pd: number): void {
    if (!this.#there.some((row) => row.pd === pd)) this.#occupy(pd, 0);
  }

  removeAll(): void {
    for (const { filler } of this.#there) if (filler !== null) this.remove(filler);
  }

  /** Occupies the lowest free places before those of a thread; false if none is, or none can be without taking the thread's own. */
  #fill(place: ThreadPlace): boolean {
    const slots = this.#free('pd', place.pd) < place.index;
    const traces = this.#free('cpu', place.cpu) < place.trace;
    if (!slots && !traces) return false;
    const pd = slots ? place.pd : other(place.pd, this.#pds);
    const cpu = traces ? place.cpu : other(place.cpu, this.#cpus);
    // Components know their threads by slots; the trace control matters to who traces them. So the slot is kept at any rate.
    if (pd === undefined || (cpu === undefined && !slots)) return false;
    this.#occupy(pd, cpu ?? place.cpu);
    return true;
  }

  #occupy(pd: number, cpu: number): void {
    const filler = this.#fillers++;
    this.#there = [...this.#there, { pd, cpu, index: this.#free('pd', pd), trace: this.#free('cpu', cpu), filler }];
    this.steps.push({ kind: 'fill', filler, pd, cpu });
  }

  #free(kind: Kind, session: number): number {
    const used = new Set(this.#there.filter((row) => row[kind] === session).map((row) => row[PLACE[kind]]));
    let free = 0;
    while (used.has(free)) free++;
    return free;
  }
}

const other = (session: number, count: number): number | undefined => (count < 2 ? undefined : session === 0 ? 1 : 0);

/**
 * Steps that create the threads at `places` beside those that are `there`, in the given order, of `pds` protection domains and `cpus` CPU sessions. Every thread gets its slot.
 * It gets its place in the trace control area, too, unless there is but one CPU session and a slot before it is free to which no free place belongs, or one domain and the reverse.
 * Of the domains in `peopled` those without any of these threads get one for a moment: core has filled slots of theirs for threads that are gone.
 */
export function threadPlan(places: readonly ThreadPlace[], there: readonly ThreadPlace[], pds: number, cpus: number, peopled: readonly number[] = []): readonly ThreadStep[] {
  const planner = new Planner(there, pds, cpus);
  places.forEach((place, thread) => planner.create(place, thread));
  for (const pd of peopled) planner.visit(pd);
  planner.removeAll();
  return planner.steps;
}
