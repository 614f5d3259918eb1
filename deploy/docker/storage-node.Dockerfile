# The storage-node. Build from the repository's root: docker build -f deploy/docker/storage-node.Dockerfile -t robustmq/storage-node .
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /src
COPY . .
RUN dotnet publish storage-node/RobustMQ.StorageNode -c Release --use-current-runtime -p:PublishReadyToRun=true -o /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0
RUN install -d -o $APP_UID /data
VOLUME /data
COPY --from=build /app /app
USER $APP_UID
EXPOSE 7070 7071
# Inside a container the listeners are as open as its published ports.
ENTRYPOINT ["dotnet", "/app/storage-node.dll"]
CMD ["--data", "/data", "--admin:address", "0.0.0.0", "--storage:address", "0.0.0.0"]
