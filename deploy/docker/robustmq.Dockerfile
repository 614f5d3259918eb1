# Everything in one process. Build from the repository's root: docker build -f deploy/docker/robustmq.Dockerfile -t robustmq/robustmq .
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /src
COPY . .
RUN dotnet publish robustmq/RobustMQ -c Release --use-current-runtime -p:PublishReadyToRun=true -o /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0
RUN install -d -o $APP_UID /data
VOLUME /data
COPY --from=build /app /app
USER $APP_UID
EXPOSE 1883 4222 5672 7070 7071 8080 8083 8222 9092
# Inside a container the listeners are as open as its published ports. Variables and not flags: each can be set otherwise, and flags be added, without losing the rest.
ENV ROBUSTMQ_DATA=/data \
    ROBUSTMQ_ADMIN__ADDRESS=0.0.0.0 \
    ROBUSTMQ_STORAGE__ADDRESS=0.0.0.0 \
    ROBUSTMQ_NATS__ADDRESS=0.0.0.0 \
    ROBUSTMQ_NATS__MONITORING_ADDRESS=0.0.0.0 \
    ROBUSTMQ_NATS__WEBSOCKET__ADDRESS=0.0.0.0 \
    ROBUSTMQ_MQTT__ADDRESS=0.0.0.0 \
    ROBUSTMQ_MQTT__WEBSOCKET__ADDRESS=0.0.0.0 \
    ROBUSTMQ_KAFKA__ADDRESS=0.0.0.0 \
    ROBUSTMQ_AMQP__ADDRESS=0.0.0.0
ENTRYPOINT ["dotnet", "/app/robustmq.dll", "start"]
