import DefaultTheme from "vitepress/theme";
import type { Theme } from "vitepress";
import SiteLayout from "./SiteLayout.vue";
import TrafficFigure from "./TrafficFigure.vue";
import "./style.css";

const theme: Theme = {
  extends: DefaultTheme,
  Layout: SiteLayout,
  enhanceApp({ app }) {
    app.component("TrafficFigure", TrafficFigure);
  },
};

export default theme;
