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
EXPOSE 1883 4222 5672 8080 8222 9092 7070 7071
# Inside a container the listeners are as open as its published ports.
ENTRYPOINT ["dotnet", "/app/robustmq.dll", "start"]
CMD ["--data", "/data", "--admin:address", "0.0.0.0", "--nats:address", "0.0.0.0", "--nats:monitoring_address", "0.0.0.0", "--mqtt:address", "0.0.0.0", "--kafka:address", "0.0.0.0", "--amqp:address", "0.0.0.0", "--storage:address", "0.0.0.0"]
