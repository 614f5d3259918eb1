using System.Text.Json;
using Spectre.Console;

namespace RobustMQ.Reports;

/// <summary>Rows of measured values, as a table for people or as JSON for tools. All rows have the columns of the first.</summary>
internal sealed class Report
{
    private readonly List<Cell[]> _rows = [];

    public void Add(params Cell[] cells) => _rows.Add(cells);

    public void Write(bool asJson)
    {
        if (asJson)
            WriteJson();
        else
            WriteTable();
    }

    private void WriteTable()
    {
        if (_rows.Count == 0)
            return;
        var table = new Table();
        foreach (var cell in _rows[0])
            table.AddColumn(cell.Name.Replace('_', ' '));
        foreach (var row in _rows)
            table.AddRow(Array.ConvertAll(row, static cell => Markup.Escape(cell.Text)));
        // Piped output has no width of its own.
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 180);
        AnsiConsole.Write(table);
    }

    private void WriteJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartArray();
            foreach (var row in _rows)
            {
                json.WriteStartObject();
                foreach (var cell in row)
                    cell.Write(json);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        Console.Out.WriteLine(System.Text.Encoding.UTF8.GetString(stream.ToArray()));
    }

    /// <summary>One value: how it reads, and what it is.</summary>
    internal readonly struct Cell
    {
        private readonly double? _number;

        private Cell(string name, string text, double? number)
        {
            Name = name;
            Text = text;
            _number = number;
        }

        public string Name { get; }

        public string Text { get; }

        public static Cell Of(string name, string text) => new(name, text, null);

        /// <param name="format">As for <see cref="double.ToString(string)"/>.</param>
        public static Cell Of(string name, double number, string format) => new(name, number.ToString(format, null), number);

        public void Write(Utf8JsonWriter json)
        {
            if (_number is { } number)
                json.WriteNumber(Name, Math.Round(number, 4));
            else
                json.WriteString(Name, Text);
        }
    }
}
