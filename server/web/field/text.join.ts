// What the page says to somebody who was invited. Fetched with it.
import type { Pair } from '../shared/lang/lang.svelte';

export const J = {
  title: ['加入暗访', 'Join Anfang'],
  lead: [
    '请设置您的密码。以后用账号和密码登录，也用它解锁手机里的内容。',
    'Set your password. You sign in with it from now on, and it locks what is kept on this phone.',
  ],
  scan: ['扫描邀请二维码', 'Scan the QR code'],
  scanOpening: ['正在打开相机…', 'Opening the camera…'],
  scanLead: [
    '把邀请单上的二维码放进方框，拿稳，会自动识别。',
    'Hold the invitation’s QR code in the square: it is read by itself.',
  ],
  scanClose: ['不扫了，手工输入', 'Type it instead'],
  scannedOther: [
    '这不是邀请二维码。请扫描管理员给您的邀请单。',
    'This QR code is not an invitation. Scan the one that the administrator gave you.',
  ],
  scannedElsewhere: [
    '这是另一台服务器（{host}）的邀请，在这里不能用。',
    'This invitation is for another server ({host}); it is of no use here.',
  ],
  cameraRefused: [
    '没有使用相机的权限。请在浏览器设置里允许本网站使用相机，再按一次；也可以在下面手工输入。',
    'The camera is not allowed. Allow it for this site in the browser’s settings and press again, or type below.',
  ],
  cameraNone: [
    '这部设备上没有找到相机，请在下面手工输入。',
    'There is no camera on this device: type below what stands on the invitation.',
  ],
  cameraBusy: [
    '相机打不开，可能正被别的应用占用。请关掉它再试，或在下面手工输入。',
    'The camera cannot be opened; another app may be using it. Close that one and press again, or type below.',
  ],
  scanUnfetched: [
    '扫描功能没有下载下来。请到有信号的地方重新打开本页，或在下面手工输入。',
    'What scanning needs could not be fetched. Open this page again where there is a signal, or type below.',
  ],
  byHand: [
    '也可以手工输入：账号和邀请码在邀请单上。',
    'Or type them: login and code stand on the invitation.',
  ],
  login: ['账号', 'Login'],
  code: ['邀请码', 'Code'],
  jurisdiction: ['县（市）代码', 'County code'],
  mayLack: ['邀请单上没有就不填', 'leave it out if the invitation has none'],
  password: ['新密码', 'New password'],
  passwordHint: ['至少 8 个字符，不能和账号相同', '8 characters or more, and not the login'],
  again: ['再输一次', 'The same again'],
  show: ['显示密码', 'Show it'],
  join: ['设置密码并登录', 'Set it and sign in'],
  joining: ['正在登录…', 'Signing in…'],
  cancel: ['返回', 'Back'],
  differ: ['两次输入的密码不一样。', 'The two passwords differ.'],
  short: ['密码太短，至少 8 个字符。', 'The password is too short: 8 characters or more.'],
  offline: [
    '连不上服务器。邀请码没有丢，到有信号的地方再按一次。',
    'The server cannot be reached. The code is not lost: try again where there is a signal.',
  ],
  wrong: [
    '账号或邀请码不对，或者邀请码已经用过、已经过期。请核对；还不行，请管理员重新生成邀请。',
    'The login or the code is wrong, or the code was used or has run out. Look again; else ask the administrator for another.',
  ],
  weak: [
    '服务器不接受这个密码：太短、太长，或和账号相同。请换一个。',
    'The server does not take this password: too short, too long, or the login itself. Choose another.',
  ],
  wait: ['试得太多了，请 {n} 分钟后再试。', 'Too many tries: wait {n} {n:minute|minutes}.'],
  set: [
    '密码已经设好，但还没有登录上。请再按一次。',
    'The password is set, but signing in did not succeed yet. Press again.',
  ],
  lockedHead: ['密码已经设好', 'The password is set'],
  locked: [
    '这部手机上您的内容还用以前的密码锁着。记得的话请输入一次，内容都会保留。',
    'What is yours on this phone is still locked with the earlier password. If you remember it, enter it once: all is kept.',
  ],
  earlier: ['以前的密码', 'The earlier password'],
  unlock: ['解锁', 'Unlock'],
  wrongEarlier: ['以前的密码不对。', 'That is not the earlier password.'],
  anew: ['不记得了', 'I do not remember it'],
  anewSure: [
    '从头开始会删除这部手机上您锁着的内容：没有发送的报告和照片会丢失，已发送的都在服务器上。',
    'Beginning anew deletes what is locked on this phone: reports and photos not sent are lost; what was sent is with the server.',
  ],
  anewDo: ['删除并从头开始', 'Delete it and begin anew'],
  other: [
    '{name} 正在使用这部手机。继续后，{name} 的内容会先锁上。',
    '{name} is using this phone. What is {name}’s will be locked first.',
  ],
} as const satisfies Record<string, Pair>;
