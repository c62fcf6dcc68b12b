// A file made here, or brought here, for the person to keep.
export function saveFile(name: string, content: Blob | string, type = 'text/plain'): void {
  const made = typeof content === 'string' ? new Blob([content], { type: `${type};charset=utf-8` }) : content;
  const url = URL.createObjectURL(made);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
