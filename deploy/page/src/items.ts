/** Pictures of what can be given. A new item of the catalogue has a parcel until it gets one. */

const PICTURES: Readonly<Record<string, string>> = {
  'rose': '🌹', 'ice-cream': '🍦', 'clover': '🍀', 'finger-heart': '🫰', 'coffee': '☕', 'heart-me': '💖',
  'perfume': '🌸', 'doughnut': '🍩', 'paper-crane': '🕊️', 'hands-up': '🙌', 'confetti': '🎊', 'gg': '🎮',
  'sunglasses': '🕶️', 'corgi': '🐶', 'boxing-gloves': '🥊', 'swan': '🦢', 'galaxy': '🌌', 'fireworks': '🎆',
  'whale': '🐳', 'drama-queen': '👸', 'sports-car': '🏎️', 'yacht': '🛥️', 'castle': '🏰', 'phoenix': '🔥',
  'leopard': '🐆', 'lion': '🦁', 'universe': '🪐',
};

export function picture(itemId: string): string {
  return PICTURES[itemId] ?? '🎁';
}
