# The MQTT gateway. Build from the repository's root: docker build -f deploy/docker/mqtt-gateway.Dockerfile -t robustmq/mqtt-gateway .
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /src
COPY . .
RUN dotnet publish mqtt-gateway/RobustMQ.Mqtt.Gateway -c Release --use-current-runtime -p:PublishReadyToRun=true -o /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0
COPY --from=build /app /app
USER $APP_UID
EXPOSE 1883 8083 8883 1884
# Inside a container the listeners are as open as its published ports.
ENTRYPOINT ["dotnet", "/app/mqtt-gateway.dll"]
CMD ["--admin:address", "0.0.0.0", "--mqtt:address", "0.0.0.0", "--mqtt:websocket:address", "0.0.0.0"]
