import "../door";
import "../styles/desk.css";
import { startDesk } from "../doors/desk";

startDesk();
