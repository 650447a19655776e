import js from '@eslint/js';
import jupyter from '@jupyter/eslint-plugin';
import { defineConfig } from 'eslint/config';
import typescript from 'typescript-eslint';

export default defineConfig(
  { plugins: { jupyter } },
  js.configs.recommended,
  typescript.configs.strictTypeChecked,
  jupyter.configs.recommended,
  {
    languageOptions: {
      parserOptions: { project: 'labextension/tsconfig.json' }
    }
  }
);
