// What a calendar says, in both apps.
import type { Pair } from '../lang/lang.svelte';

export const D = {
  mon: ['一', 'Mo'],
  tue: ['二', 'Tu'],
  wed: ['三', 'We'],
  thu: ['四', 'Th'],
  fri: ['五', 'Fr'],
  sat: ['六', 'Sa'],
  sun: ['日', 'Su'],
  off: ['休息', 'Off'],
  madeUp: ['调休上班', 'Made up'],
  markOff: ['休', 'off'],
  markMadeUp: ['班', 'work'],
  calendar: ['日历', 'Calendar'],
  monthBefore: ['上个月', 'Month before'],
  monthAfter: ['下个月', 'Month after'],
  fromToday: ['距今 {n} 个工作日', '{n} working {n:day|days} from today'],
  endsThen: ['当日结束时到期', 'passes with the end of that day'],
  dayIsOff: ['这一天是休息日。', 'This is a day off.'],
  dayIsHoliday: ['这一天放假：{name}。', 'This is a holiday: {name}.'],
  dayIsMadeUp: ['调休上班。', 'A day made up: people work.'],
  statutoryOnly: [
    '这一年的放假安排尚未公布，暂按法定节日及补假推算。',
    'The holidays of this year are not announced yet: counted by statutory days and their days in lieu only.',
  ],
  /** Beside a deadline that was counted so. */
  provisional: ['暂定：放假安排公布前推算', 'provisional: counted before the holidays were announced'],
  /** In a cell of a table. */
  provisionalShort: ['（暂定）', ' (provisional)'],
  timesThere: ['时间均按{zone}显示，与本机时区不同', 'Times are in {zone}, not in the zone of this device'],
  noCalendar: ['没有这一年的日历，只按周末计算。', 'No calendar for this year: weekends only.'],
} as const satisfies Record<string, Pair>;
