import "../door";
import "../styles/desk.css";
import "../styles/people.css";
import { startDesk } from "../doors/desk";

startDesk();
