"""From readings to journeys: the pure engine, the Faust worker around it, the embedded Kafka broker."""
