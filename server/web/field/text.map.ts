// What the map says. Fetched with it.
import type { Pair } from '../shared/lang/lang.svelte';

export const M = {
  mapOf: ['点位地图，{n} 个点位。列表里有同样的点位。', 'Map of the sites: {n}. The list has the same ones.'],
  nearer: ['放大', 'Nearer'],
  farther: ['缩小', 'Farther'],
  whereIAm: ['到我的位置', 'Where I am'],
  notOnMap: ['没有定位，地图上看不到自己', 'No position: you are not on the map'],
  nonePlaced: ['这些点位都没有坐标，请看列表', 'None of these sites has a position: see the list'],
  somePlaced: ['另有 {n} 个没有坐标，只在列表里', '{n} more without a position: in the list only'],
  openSite: ['打开点位', 'Open the site'],
  putAway: ['收起', 'Put away'],
  sitesHere: ['此处 {n} 个点位', '{n} {n:site|sites} here'],
  ofPlan: ['任务点位', 'Of my plan'],
  visitedSite: ['已到', 'Visited'],
  otherSite: ['其他点位', 'Other sites'],
  me: ['我', 'You'],
} as const satisfies Record<string, Pair>;
