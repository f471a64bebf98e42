// What axe-core says of a screen; `doubtful` are the texts that it cannot judge, or does not look at.
async (tags) => {
  const { violations, incomplete } = await axe.run(document, {
    runOnly: { type: 'tag', values: tags },
    rules: { 'target-size': { enabled: true } },
    resultTypes: ['violations', 'incomplete'],
    elementRef: true,
    preload: false,
  });
  const words = ({ id, help, nodes }) =>
    nodes.map(({ html, any, all, none }) => {
      const why = [...any, ...all, ...none].map(({ message }) => message).join('; ');
      return `${id}: ${help}: ${html.slice(0, 120)}: ${why}`;
    });
  const isOfContrast = ({ id }) => id === 'color-contrast';
  return {
    faults: violations.flatMap(words),
    unjudged: incomplete.filter((each) => !isOfContrast(each)).flatMap(words),
    doubtful: [
      ...incomplete.filter(isOfContrast).flatMap(({ nodes }) => nodes.map(({ element }) => element)),
      ...document.querySelectorAll(':placeholder-shown'),
    ],
  };
};
