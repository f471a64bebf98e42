/** There is nothing to show. */

export function Missing({ words }: { words: string }) {
  return (
    <main class="lobby missing" data-testid="missing">
      <h1>{words}</h1>
      <p><a href="/">To the lobby</a></p>
    </main>
  );
}
