// Where the field app begins: the service worker, then the screen.
import { mount } from 'svelte';
import App from './App.svelte';
import { app } from './app.svelte';
import '../shared/style.css';

/** The one script address that this page makes: allowed by name in the policy that the server sends. */
function workerAddress(): string {
  const { trustedTypes } = window as unknown as {
    trustedTypes?: {
      createPolicy(
        name: string,
        rules: { createScriptURL(url: string): string },
      ): { createScriptURL(url: string): string };
    };
  };
  const policy = trustedTypes?.createPolicy('anfang-worker', { createScriptURL: () => 'sw.js' });
  return policy?.createScriptURL('sw.js') ?? 'sw.js';
}

const target = document.getElementById('app');
if (target) mount(App, { target });
void app.open();

if ('serviceWorker' in navigator && import.meta.env.PROD) {
  void navigator.serviceWorker.register(workerAddress()).then((registration) => {
    const offer = () => {
      const { waiting } = registration;
      if (!waiting || !navigator.serviceWorker.controller) return;
      app.updateReady = () => {
        navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
        waiting.postMessage('take over');
      };
    };
    offer();
    registration.addEventListener('updatefound', () => {
      registration.installing?.addEventListener('statechange', offer);
    });
  });
}
