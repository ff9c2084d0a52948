import { create } from 'zustand';
import { everything, type ResourceFilter } from './filter-resources.ts';

/** What the list is narrowed to; stays while other pages are shown. */
export const useFilter = create<ResourceFilter>(() => everything);
