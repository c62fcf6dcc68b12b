// Where the field app begins: the service worker, then the screen.
import { mount } from 'svelte';
import App from './App.svelte';
import { app } from './app.svelte';
import './style.css';

const target = document.getElementById('app');
if (target) mount(App, { target });
void app.open();

if ('serviceWorker' in navigator && import.meta.env.PROD) {
  void navigator.serviceWorker.register('sw.js').then((registration) => {
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
