import "../door";
import "../styles/portal.css";
import "../styles/field.css";
import { startField } from "../doors/field";

startField();
