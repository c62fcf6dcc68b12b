// Where the desk begins.
import { mount } from 'svelte';
import App from './App.svelte';
import { desk } from './desk.svelte';
import '../shared/style.css';
import './style.css';

const target = document.getElementById('app');
if (target) mount(App, { target });
void desk.open();
