"""From what a sensor says to a validated reading on Kafka: model, layout, decoding, bridge, embedded MQTT broker."""
